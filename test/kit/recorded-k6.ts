import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { RecordedRequest } from './recorded-otlp.js'

const FOLDER = new URL('fixtures/k6/', import.meta.url)

/** How k6 sent its metrics over OTLP. */
export type K6Form = 'http' | 'grpc'

/** A sample as k6 writes it to `--out json`. */
export interface K6Sample {
  readonly metric: string
  readonly data: {
    readonly time: string
    readonly value: number
    readonly tags: Readonly<Record<string, string>>
    readonly metadata?: Readonly<Record<string, string>>
  }
}

export interface K6Metric {
  readonly type: 'counter' | 'gauge' | 'rate' | 'trend'
  readonly contains: string
  readonly values: Readonly<Record<string, number>>
  /** By their text. */
  readonly thresholds?: Readonly<Record<string, { readonly ok: boolean }>>
}

export function recordedFile(name: string): Buffer {
  return readFileSync(new URL(name, FOLDER))
}

export function recordedPath(name: string): string {
  return new URL(name, FOLDER).pathname
}

/** The samples of a run. Those of `grpc` stand in the whole output of k6, where its progress cuts one in two: `around` is what it was cut by. */
export function recordedSamples(form: K6Form): K6Sample[] {
  const text =
    form === 'http'
      ? gunzipSync(recordedFile('http/results.json.gz')).toString()
      : recordedOutput().replace(/\nrunning .*\nbrowse .*\norder .*\n/, '')
  return text
    .split('\n')
    .filter((line) => line.startsWith('{"'))
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'Point')
}

/** What k6 wrote to its output with `--out json=-`. */
export function recordedOutput(): string {
  return gunzipSync(recordedFile('grpc/output.txt.gz')).toString()
}

/** What k6 itself has computed, by metric and submetric. */
export function recordedMetrics(): Readonly<Record<string, K6Metric>> {
  return JSON.parse(recordedFile('http/handle-summary.json').toString()).metrics
}

export function recordedRequests(form: K6Form): RecordedRequest[] {
  const { requests } = JSON.parse(recordedFile(`${form}/recording.json`).toString())
  return requests.map(({ file, ...request }: RecordedRequest & { file: string }) => ({
    ...request,
    body: recordedFile(`${form}/${file}`),
  }))
}
