import { Readable } from 'node:stream'
import type { ClickHouseServer } from '@spanhouse/local-clickhouse'
import { type Ran, type Running, start } from './command-kit.js'

export interface SampleRow {
  readonly metric: string
  readonly metric_type: string
  readonly contains: string
  readonly value: number
  readonly tags: object
  readonly metadata: object
  /** Nanoseconds since 1970. */
  readonly at: string
}

export interface ThresholdRow {
  readonly metric: string
  readonly threshold: string
  readonly last_failed: boolean
  readonly abort_on_fail: boolean
  readonly delay_abort_eval: string
  readonly verdict: string
  readonly verdict_by: string
  readonly observed: number | null
  readonly tags: object
}

/** `spanhouse k6` with a server, and what it has written there. */
export interface K6Kit {
  newRun(): string
  rows<Row>(sql: string): Promise<Row[]>
  samplesOf(runId: string, table?: string): Promise<SampleRow[]>
  thresholdsOf(runId: string, table?: string): Promise<ThresholdRow[]>
  /** Reads a stream of k6 as from a pipe. */
  piped(input: string | Readable, args?: readonly string[], env?: NodeJS.ProcessEnv): Running
  /** The same to its end. */
  read(
    input: string,
    args?: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): Promise<Ran & { readonly runId: string }>
}

let runs = 0

/** Lines as a text. */
export function text(lines: Iterable<string>): string {
  return [...lines].map((line) => `${line}\n`).join('')
}

export function k6Kit(server: () => ClickHouseServer): K6Kit {
  const kit: K6Kit = {
    newRun: () => `run-${runs++}`,
    async rows<Row>(sql: string) {
      const answer = await server().query(`${sql} FORMAT JSONEachRow`)
      const lines = answer.split('\n').filter(Boolean)
      return lines.map((line) => JSON.parse(line) as Row)
    },
    samplesOf: (runId, table = 'telemetry.k6_samples') =>
      kit.rows(
        `SELECT *, toString(toUnixTimestamp64Nano(timestamp)) AS at FROM ${table} WHERE run_id = '${runId}' ORDER BY metric, timestamp, value`,
      ),
    thresholdsOf: (runId, table = 'telemetry.k6_thresholds') =>
      kit.rows(`SELECT * FROM ${table} WHERE run_id = '${runId}' ORDER BY id`),
    piped: (input, args = [], env = {}) =>
      start(['k6', '--endpoint', server().url, ...args], {
        input: typeof input === 'string' ? Readable.from([Buffer.from(input)]) : input,
        env,
      }),
    async read(input, args = [], env = {}) {
      const runId = kit.newRun()
      const running = kit.piped(input, ['--run-id', runId, ...args], env)
      return { runId, code: await running.ended, out: running.out.text(), err: running.err.text() }
    },
  }
  return kit
}
