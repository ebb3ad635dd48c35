import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { harmless } from '@spanhouse/queries'
import type { Config } from '#exporter'
import { runChild } from '../application/child.js'
import { withOutput } from '../k6/arguments.js'
import { feed, openFile } from '../k6/feed.js'
import { openPipe } from '../k6/pipe.js'
import type { Row } from '../k6/record.js'
import { type Report, reportAsText } from '../k6/report.js'
import { openSession, type Session } from '../k6/session.js'
import { NO_VERDICTS, type Verdicts } from '../k6/summary.js'
import { verdictsIn } from '../k6/summary-file.js'
import { CommandError } from '../terminal/command-error.js'
import { showsPaths } from '../terminal/shown-path.js'
import { USAGE_EXIT_CODE } from './arguments.js'
import type { Context } from './command.js'
import { textOption } from './option-values.js'

/** What is the same for every way in which the samples come. */
export interface Plan {
  readonly config: Config<Row>
  readonly runId: string | undefined
}

const FAILURE = 2
/** Rows were lost. */
const LOST = 1
const INTERRUPTED = 130
/** A running k6 must not be held up for long: it keeps its samples in memory meanwhile. */
const LIVE_PATIENCE_MS = 10_000
const FILE_PATIENCE_MS = 60_000
/** After k6 has ended: how long reading the rest of the pipe may take. */
const REST_MS = 30_000
/** How long k6 may go on after Ctrl-C if it was not started by this command. */
const ENDING_MS = 120_000
/** Clocks of file systems are coarse. */
const CLOCKS_MS = 1000

/** Starts k6 and resolves with its exit code, whatever becomes of the rows. */
export async function runK6(context: Context, { config, runId }: Plan): Promise<number> {
  const { env, cwd, err, signal } = context
  if (process.platform === 'win32')
    throw new CommandError(
      'Windows has no named pipes that k6 can write to: use k6 run --quiet --out json=- script.js | spanhouse k6.',
      USAGE_EXIT_CODE,
    )
  const pipe = await openPipe().catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(
      `No named pipe can be made (${error.code}): see that the program mkfifo is there and the temporary folder can be written.`,
      FAILURE,
    )
  })
  try {
    const own = join(pipe.directory, 'summary.json')
    const { command, summary } = commandFor(context, { output: pipe.path, summary: own })
    const session = openSession(config, runId)
    const closing = new AbortController()
    const room = () => session.room(LIVE_PATIENCE_MS)
    const reading = feed(pipe.input, session.intake, room, closing.signal).catch((error) =>
      say(context, `The samples of k6 cannot be read any more (${error.code}).`),
    )
    const code = await runChild({ command, env, cwd, signal }).catch(async (error: unknown) => {
      closing.abort()
      await session.finish(NO_VERDICTS)
      throw error
    })
    pipe.close()
    if (!(await endsWithin(REST_MS, reading)))
      say(context, 'A program that k6 has started holds its output open: the rest is left out.')
    closing.abort()
    const named = { path: resolve(cwd, summary), shown: showsPaths(cwd)(resolve(cwd, summary)) }
    const verdicts =
      textOption(context.values, 'summary') === undefined
        ? await verdictsFrom(context, session, { ...named, isOptional: summary === own })
        : await givenVerdicts(context, session)
    err.write(reportAsText(await session.finish(verdicts), err))
    return code
  } finally {
    await pipe.remove()
  }
}

/** Reads what k6 writes to its output, up to its end. */
export async function readInput(context: Context, { config, runId }: Plan): Promise<number> {
  const { out, signal } = context
  const input = (context.input ?? (() => process.stdin))()
  if ((input as { isTTY?: boolean }).isTTY === true)
    throw new CommandError(
      'Say what is to be read: spanhouse k6 -- k6 run script.js, or k6 run --quiet --out json=- script.js | spanhouse k6.',
      USAGE_EXIT_CODE,
    )
  // The summary and the banner of k6 stay visible.
  const session = openSession(config, runId, (line) => out.write(`${harmless(line, 10_000)}\n`))
  const closing = new AbortController()
  // Ctrl-C reaches k6 too, which then writes its last samples and ends.
  const onSignal = () => {
    say(context, 'Waiting for the end of k6. Press Ctrl-C again to end at once.')
    setTimeout(() => closing.abort(), ENDING_MS).unref()
  }
  if (signal.aborted) onSignal()
  else signal.addEventListener('abort', onSignal, { once: true })
  try {
    await feed(input, session.intake, () => session.room(LIVE_PATIENCE_MS), closing.signal)
  } finally {
    signal.removeEventListener('abort', onSignal)
  }
  const report = await session.finish(await givenVerdicts(context, session))
  out.write(reportAsText(report, out))
  return closing.signal.aborted ? INTERRUPTED : codeOf(report)
}

/** Reads a file that k6 has written. Ctrl-C stops reading, and what has been read is delivered. */
export async function readResults(
  context: Context,
  { config, runId }: Plan,
  file: string,
): Promise<number> {
  const { cwd, out, signal } = context
  const shown = showsPaths(cwd, file)(resolve(cwd, file))
  const fail = (error: NodeJS.ErrnoException): never => {
    throw new CommandError(`${shown} cannot be read (${error.code ?? error.message}).`, FAILURE)
  }
  const input: Readable = await openFile(resolve(cwd, file)).catch(fail)
  const session = openSession(config, runId)
  let problem: unknown
  await feed(input, session.intake, () => session.room(FILE_PATIENCE_MS), signal).catch(
    (error: unknown) => {
      problem = error
    },
  )
  const report = await session.finish(await givenVerdicts(context, session))
  out.write(reportAsText(report, out))
  if (problem !== undefined) fail(problem as NodeJS.ErrnoException)
  if (report.samples === 0 && Object.values(report.skipped).some((lines) => lines > 0))
    throw new CommandError(
      `${shown} has no samples: is it what k6 run --out json=FILE writes?`,
      FAILURE,
    )
  return signal.aborted ? INTERRUPTED : codeOf(report)
}

function commandFor(
  { rest, env }: Context,
  files: Parameters<typeof withOutput>[2],
): ReturnType<typeof withOutput> {
  try {
    return withOutput(rest, env, files)
  } catch (error) {
    throw new CommandError(`${(error as Error).message}.`, USAGE_EXIT_CODE)
  }
}

async function givenVerdicts(context: Context, session: Session): Promise<Verdicts> {
  const { values, cwd } = context
  const typed = textOption(values, 'summary')
  if (typed === undefined) return NO_VERDICTS
  const path = resolve(cwd, typed)
  return verdictsFrom(context, session, { path, shown: showsPaths(cwd, typed)(path) })
}

/** k6 writes its summary after the last sample: an older file is one of another run. */
function verdictsFrom(
  context: Context,
  { intake: { span } }: Session,
  file: Parameters<typeof verdictsIn>[0],
): Promise<Verdicts> {
  const newerThanMs = span ? span.last[0] * 1000 - CLOCKS_MS : 0
  return verdictsIn({ ...file, newerThanMs }, (sentence) => say(context, sentence))
}

function codeOf({ delivered }: Report): number {
  return delivered.some(({ lost }) => lost > 0) ? LOST : 0
}

function say({ err }: Context, sentence: string): void {
  err.write(`spanhouse: ${sentence}\n`)
}

async function endsWithin(ms: number, work: Promise<void>): Promise<boolean> {
  const waiting = new AbortController()
  const late = sleep(ms, false, { signal: waiting.signal }).catch(() => true)
  const isOver = await Promise.race([work.then(() => true).catch(() => true), late])
  waiting.abort()
  return isOver
}
