import { numberOf } from '#exporter'
import { CommandError } from '../terminal/command-error.js'
import type { OptionValues } from './command.js'

const USAGE = 2

/** The text of an option; undefined if it is not given. */
export function textOption(values: OptionValues, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}

/** A length of time such as `500ms`, `15m` or `30d`, in milliseconds. Throws a CommandError, also for a number without a unit. */
export function durationOption(values: OptionValues, name: string): number | undefined {
  const text = textOption(values, name)
  if (text === undefined) return undefined
  const ms = /[a-z]/i.test(text) ? numberOf('milliseconds', text) : undefined
  if (ms === undefined || !(ms > 0) || !Number.isSafeInteger(Math.ceil(ms)))
    throw new CommandError(`--${name} must be a length of time, such as 500ms, 15m or 30d.`, USAGE)
  return ms
}

/** A length of time in whole seconds, at least one. Throws a CommandError. */
export function secondsOption(values: OptionValues, name: string): number | undefined {
  const ms = durationOption(values, name)
  if (ms !== undefined && !Number.isInteger(ms / 1000))
    throw new CommandError(`--${name} must be whole seconds, such as 30d.`, USAGE)
  return ms === undefined ? undefined : ms / 1000
}

/** A whole number from `least` to `most`. Throws a CommandError. */
export function countOption(
  values: OptionValues,
  name: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const text = textOption(values, name)
  if (text === undefined) return undefined
  const count = Number(text)
  if (text.trim() === '' || !Number.isInteger(count) || count < least || count > most)
    throw new CommandError(`--${name} must be a whole number from ${least} to ${most}.`, USAGE)
  return count
}

/** One of several words. Throws a CommandError that names them. */
export function choiceOption<Word extends string>(
  values: OptionValues,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = textOption(values, name)
  if (text === undefined) return undefined
  const found = words.find((word) => word === text.toLowerCase())
  if (found === undefined)
    throw new CommandError(`--${name} must be one of ${words.join(', ')}.`, USAGE)
  return found
}
