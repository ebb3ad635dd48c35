import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import type { DestinationConfig } from '#exporter'
import type { Section } from './examine.js'
import { atHost } from './hosts.js'
import { type Remedy, remedyText } from './remedy.js'
import { openServer } from './statement.js'

/** What became of a remedy. `left`: it is not safe, so it is left to a person. */
export interface Mended {
  readonly remedy: Remedy
  readonly result: 'done' | 'failed' | 'left'
  readonly error?: string
}

const PROGRAM_MS = 300_000
/** A statement on a large table or a busy cluster takes longer than a question. */
const STATEMENT_MS = 60_000

/** What all findings offer, each once, in their order. */
export function remediesIn(sections: readonly Section[]): Remedy[] {
  const all = sections.flatMap(({ findings }) => findings.flatMap(({ commands }) => commands ?? []))
  return [...new Map(all.map((one) => [`${one.kind} ${remedyText(one)}`, one])).values()]
}

/** Runs the safe ones, one after the other. A failure does not keep the others from being tried. Never rejects. */
export async function mend(
  remedies: readonly Remedy[],
  destinations: readonly DestinationConfig[],
  signal: AbortSignal,
): Promise<Mended[]> {
  const mended: Mended[] = []
  for (const remedy of remedies) {
    if (!remedy.isSafe || signal.aborted) {
      mended.push({ remedy, result: 'left' })
      continue
    }
    const error = await awake(run(remedy, destinations, signal))
    mended.push(
      error === undefined ? { remedy, result: 'done' } : { remedy, result: 'failed', error },
    )
  }
  return mended
}

/**
 * Keeps the process alive for the work: the connections and deadlines of the exporter do not, so that they never hold up the end of an
 * application. Whatever hangs is given up.
 */
async function awake(work: Promise<string | undefined>): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('no result in time'), PROGRAM_MS + 5000)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves with what went wrong. */
async function run(
  remedy: Remedy,
  destinations: readonly DestinationConfig[],
  signal: AbortSignal,
): Promise<string | undefined> {
  switch (remedy.kind) {
    case 'sql':
      return await runSql(remedy, destinations)
    case 'folder':
      return await mkdir(remedy.path, { recursive: true, mode: 0o700 }).then(
        () => undefined,
        (error: Error) => error.message,
      )
    case 'program':
      return await runProgram(remedy, signal)
    default:
      return remedy satisfies never
  }
}

async function runSql(
  { destination: name, host, sql }: Extract<Remedy, { kind: 'sql' }>,
  destinations: readonly DestinationConfig[],
): Promise<string | undefined> {
  const destination = destinations.find((one) => one.name === name)
  if (!destination) return `there is no destination ${name}`
  const there = host === undefined ? destination : atHost(destination, new URL(host))
  const server = openServer({ ...there, timeoutMs: STATEMENT_MS }, STATEMENT_MS)
  try {
    return (await server.run(sql)).refused?.text
  } finally {
    server.close()
  }
}

function runProgram(
  { program, args, folder }: Extract<Remedy, { kind: 'program' }>,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    // Windows starts npm.cmd only through a shell; the names of packages need no quotation.
    const child = spawn(program, args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      shell: process.platform === 'win32',
      timeout: PROGRAM_MS,
      signal,
    })
    let end = ''
    child.stderr.on('data', (chunk: Buffer) => {
      end = `${end}${chunk}`.slice(-400)
    })
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code) =>
      resolve(code === 0 ? undefined : `${program} ended with code ${code}: ${lastLine(end)}`),
    )
  })
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
