import type { Remedy } from './remedy.js'

/** `skipped`: it could not be found out, or there was no reason to. It does not change the exit code. */
export type Level = 'ok' | 'warning' | 'problem' | 'skipped'

/** What a check found: one sentence or clause, and what to do about it. */
export interface Found {
  readonly level: Level
  readonly text: string
  /** A sentence. */
  readonly fix?: string | undefined
  /** What `--fix` offers. */
  readonly commands?: readonly Remedy[] | undefined
  /** Checks that need this one are skipped, although it is no problem. */
  readonly blocks?: true
}

export interface Finding extends Found {
  /** The id of the check. */
  readonly check: string
  readonly title: string
}

/** One question. Checks run in the order of their list. */
export interface Check<Facts> {
  readonly id: string
  /** At most 14 characters, because it is a column of the report. */
  readonly title: string
  /** Checks that must have run without a problem; else this one is skipped. */
  readonly needs?: readonly string[]
  /** Longer than the deadlines of what it waits for. Default: 15 seconds. */
  readonly deadlineMs?: number
  run(facts: Facts, signal: AbortSignal): Promise<readonly Found[]> | readonly Found[]
}

export function ok(text: string): Found {
  return { level: 'ok', text }
}

export function warning(text: string, fix?: string, commands?: readonly Remedy[]): Found {
  return { level: 'warning', text, fix, commands }
}

export function problem(text: string, fix?: string, commands?: readonly Remedy[]): Found {
  return { level: 'problem', text, fix, commands }
}

export function skipped(text: string, fix?: string, commands?: readonly Remedy[]): Found {
  return { level: 'skipped', text, fix, commands }
}

/** `1 row`, `2,000 rows`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function bytes(number: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(number, 1)) / 10), UNITS.length - 1)
  const value = number / 1024 ** power
  return `${power > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[power]}`
}

/** A duration for people: the largest unit that leaves a number above 1. */
export function duration(ms: number): string {
  const units = [
    [86_400_000, 'day'],
    [3_600_000, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ] as const
  for (const [length, noun] of units) if (ms >= length) return count(Math.floor(ms / length), noun)
  return `${Math.round(ms)} ms`
}
