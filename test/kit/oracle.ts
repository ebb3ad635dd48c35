import type { Row } from './memory-table.js'
import { expectedOf, numberOf, spanIdOf } from './numbered-spans.mjs'

/** A row with our own names, independent of its table. Members that were left out are put back. */
export interface StoredSpan {
  readonly spanId: string
  readonly traceId: string
  readonly parentId: string
  readonly kind: string
  readonly status: string
  readonly service: string
  readonly events: readonly string[]
  readonly links: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
}

/** What is wrong with a table. */
export interface Verdict {
  readonly rows: number
  /** Spans that were accepted and are not there. */
  readonly missing: number
  /** Rows that were never sent. */
  readonly foreign: number
  /** Rows that differ from what was sent. */
  readonly altered: number
  /** Spans that are there more than once. */
  readonly doubled: number
  /** The first few of them. */
  readonly examples: readonly string[]
}

/** Columns of the flat table, as they come from a real server or stand in a request. */
export const COLUMNS: string =
  'trace_id, span_id, parent_span_id, span_kind, status_code, service_name, attributes, `events.name`, `links.span_id`'

export function storedSpan(row: Row): StoredSpan {
  const attributes = (row['attributes'] ?? {}) as Record<string, unknown>
  return {
    spanId: text(row['span_id']),
    traceId: text(row['trace_id']),
    parentId: text(row['parent_span_id']),
    kind: text(row['span_kind']),
    status: text(row['status_code']),
    service: text(row['service_name']),
    events: (row['events.name'] ?? []) as string[],
    links: (row['links.span_id'] ?? []) as string[],
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [name, text(value)]),
    ),
  }
}

/** Knows every span that was accepted, and finds the faults of a table. */
export class Oracle {
  readonly run: string
  readonly #accepted = new Map<string, Set<number>>()
  readonly #lost = new Map<string, Set<number>>()

  /** `run`: 8 hex digits that no other run has. */
  constructor(run: string) {
    this.run = run
  }

  /** These spans must be at this destination. */
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
        const span = storedSpan(row)
        const number = numberOf(span.spanId)
        if (!accepted.has(number) || spanIdOf(this.run, number) !== span.spanId) {
          found.add('foreign', span.spanId)
          return
        }
        if (seen.has(number)) doubled.add(number)
        seen.add(number)
        const difference = this.#difference(number, span)
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

  #difference(number: number, span: StoredSpan): string | undefined {
    const expected = expectedOf(this.run, number, span)
    for (const [name, value] of Object.entries(expected)) {
      const found = sorted(span[name as keyof StoredSpan])
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
