import type { Row } from './memory-table.js'
import { expectedOf, numberOf, type SignalName, spanIdOf } from './numbered-records.mjs'

/** A row with names of our own. Members that were left out are put back. */
export interface StoredRecord {
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** What is wrong with a table. */
export interface Verdict {
  readonly rows: number
  /** Records that were accepted and are not there. */
  readonly missing: number
  /** Rows that were never sent. */
  readonly foreign: number
  /** Rows that differ from what was sent. */
  readonly altered: number
  /** Records that are there more than once. */
  readonly doubled: number
  /** The first few of them. */
  readonly examples: readonly string[]
}

type Fields = Readonly<Record<string, unknown>>

interface Reading {
  /** Columns of the flat table, as they come from a real server or stand in a request. */
  readonly columns: readonly string[]
  fields(row: Row): Fields
}

const READINGS: Readonly<Record<SignalName, Reading>> = {
  traces: {
    columns: [
      ...['trace_id', 'span_id', 'parent_span_id', 'span_kind', 'status_code'],
      ...['service_name', 'attributes', 'events.name', 'links.span_id'],
    ],
    fields: (row) => ({
      id: text(row['span_id']),
      traceId: text(row['trace_id']),
      parentId: text(row['parent_span_id']),
      kind: text(row['span_kind']),
      status: text(row['status_code']),
      service: text(row['service_name']),
      events: row['events.name'] ?? [],
      links: row['links.span_id'] ?? [],
    }),
  },
  logs: {
    columns: [
      ...['trace_id', 'span_id', 'severity_number', 'body', 'event_name'],
      ...['service_name', 'attributes'],
    ],
    fields: (row) => ({
      id: text(row['span_id']),
      traceId: text(row['trace_id']),
      severity: text(row['severity_number']),
      body: text(row['body']),
      event: text(row['event_name']),
      service: text(row['service_name']),
    }),
  },
  metrics: {
    columns: [
      ...['metric_name', 'metric_type', 'value', 'count', 'bucket_counts'],
      ...['positive_bucket_counts', 'service_name', 'attributes'],
    ],
    fields: (row) => ({
      id: text((row['attributes'] as Fields | undefined)?.['fault.id']),
      name: text(row['metric_name']),
      type: text(row['metric_type']),
      value: text(row['value'] ?? 0),
      count: text(row['count'] ?? 0),
      counts: texts(row['bucket_counts']),
      exponentialCounts: texts(row['positive_bucket_counts']),
      service: text(row['service_name']),
    }),
  },
}

/** The columns that `storedRecord` reads, for a SELECT. */
export function columnsOf(signal: SignalName): string {
  return READINGS[signal].columns.map((name) => `\`${name}\``).join(', ')
}

export function storedRecord(signal: SignalName, row: Row): StoredRecord {
  const attributes = Object.entries((row['attributes'] ?? {}) as Fields)
  return {
    ...(READINGS[signal].fields(row) as { id: string }),
    attributes: Object.fromEntries(attributes.map(([name, value]) => [name, text(value)])),
  }
}

/** Knows every record of a signal that was accepted, and finds the faults of a table. */
export class Oracle {
  readonly run: string
  readonly signal: SignalName
  readonly #accepted = new Map<string, Set<number>>()
  readonly #lost = new Map<string, Set<number>>()

  /** `run`: 8 hex digits that no other run has. */
  constructor(run: string, signal: SignalName = 'traces') {
    this.run = run
    this.signal = signal
  }

  /** These records must be at this destination. */
  accept(destination: string, numbers: Iterable<number>): void {
    add(this.#accepted, destination, numbers)
  }

  /** These may be missing there, for a reason that is known and allowed. */
  excuse(destination: string, numbers: Iterable<number>): void {
    add(this.#lost, destination, numbers)
  }

  accepted(destination: string): ReadonlySet<number> {
    return this.#accepted.get(destination) ?? new Set()
  }

  judge(destination: string, rows: Iterable<Row>): Verdict {
    const judgement = this.judgement(destination)
    for (const row of rows) judgement.see(row)
    return judgement.verdict()
  }

  /** For rows that are too many to be read at once. */
  judgement(destination: string): { see(row: Row): void; verdict(): Verdict } {
    const accepted = this.accepted(destination)
    const excused = this.#lost.get(destination) ?? new Set()
    const seen = new Set<number>()
    const doubled = new Set<number>()
    const found = new Findings()
    let rows = 0
    return {
      see: (row) => {
        rows++
        const stored = storedRecord(this.signal, row)
        const number = numberOf(stored.id)
        if (!accepted.has(number) || spanIdOf(this.run, number) !== stored.id) {
          found.add('foreign', stored.id)
          return
        }
        if (seen.has(number)) doubled.add(number)
        seen.add(number)
        const difference = this.#difference(number, stored)
        if (difference) found.add('altered', `${number}: ${difference}`)
      },
      verdict() {
        for (const number of doubled) found.add('doubled', number)
        for (const number of accepted)
          if (!seen.has(number) && !excused.has(number)) found.add('missing', number)
        return { rows, ...found.counts, examples: found.examples }
      },
    }
  }

  #difference(number: number, stored: StoredRecord): string | undefined {
    const expected = expectedOf[this.signal](this.run, number, stored)
    for (const [name, value] of Object.entries(expected)) {
      const found = sorted(stored[name])
      if (found !== sorted(value)) return `${name} is ${found} instead of ${sorted(value)}`
    }
    return undefined
  }
}

/** The verdict on a table without faults. */
export function allWell(rows: number): Verdict {
  return { rows, ...new Findings().counts, examples: [] }
}

const MAX_EXAMPLES = 5

class Findings {
  readonly counts = { missing: 0, foreign: 0, altered: 0, doubled: 0 }
  readonly examples: string[] = []

  add(kind: keyof Findings['counts'], what: string | number): void {
    if (this.counts[kind]++ < MAX_EXAMPLES) this.examples.push(`${kind} ${what}`)
  }
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value)
}

function texts(list: unknown): string[] {
  return ((list ?? []) as unknown[]).map(text)
}

function sorted(value: unknown): string {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  return JSON.stringify(
    isMap ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  )
}

function add(to: Map<string, Set<number>>, destination: string, numbers: Iterable<number>): void {
  const set = to.get(destination) ?? new Set()
  to.set(destination, set)
  for (const number of numbers) set.add(number)
}
