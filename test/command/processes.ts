import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { until } from '../kit/patience.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { installedCommand, installInto } from './installed.js'

export interface Running {
  readonly child: ChildProcess
  /** Code and signal. */
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>
  readonly out: string
  readonly err: string
  /** Waits until a text is there. */
  said(text: string | RegExp): Promise<RegExpExecArray>
}

/** A folder with a package.json and these files. */
export function project(
  files: Readonly<Record<string, string>> = {},
  packages: readonly string[] = [],
): string {
  const folder = temporaryDirectory()
  for (const [name, text] of Object.entries({ 'package.json': '{"name":"shop"}', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  installInto(folder, packages)
  return folder
}

export interface Start {
  readonly cwd: string
  readonly env?: NodeJS.ProcessEnv
  /** Runs it on a terminal of its own; `child.stdin` is its keyboard. */
  readonly onTerminal?: boolean
}

/** Starts the installed command. It is in a process group of its own, which is killed after the test. */
export function spanhouse(args: readonly string[], { cwd, env = {}, onTerminal }: Start): Running {
  const words = [process.execPath, installedCommand(), ...args]
  const [file = '', ...rest] = onTerminal
    ? ['script', '-qec', `exec ${words.map((word) => `'${word}'`).join(' ')}`, '/dev/null']
    : words
  const child = spawn(file, rest, {
    cwd,
    detached: true,
    env: { PATH: process.env['PATH'], HOME: cwd, TERM: 'xterm', ...env },
  })
  onTestFinished(() => {
    try {
      if (child.pid) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  })
  const texts = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text) => {
    texts.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    texts.err += text
  })
  const ended = once(child, 'close') as Running['ended']
  return {
    child,
    ended,
    get out() {
      return texts.out
    },
    get err() {
      return texts.err
    },
    async said(text) {
      const find = () => new RegExp(text).exec(texts.out + texts.err)
      await until(() => find() !== null)
      return find() as RegExpExecArray
    },
  }
}

/** Whether a process with this id is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
