import { quoteTable } from './quoting.js'
import type { SpanTable } from './span-table.js'

// What queries derive from fields. All are SQL.

/** For FROM: fields are expressions over `span`. */
export const spansOf = (table: SpanTable): string => `${quoteTable(table)} AS span`

export const startUs = ({ fields }: SpanTable): string =>
  `toUnixTimestamp64Micro(${fields.timestamp})`

/** Durations up to 2^64 may be added to it: Int128 has room for the sum. */
export const startNs = ({ fields }: SpanTable): string =>
  `toUnixTimestamp64Nano(${fields.timestamp})`

const NONE = "('', '0000000000000000')"

export const isRoot = ({ fields }: SpanTable): string => `${fields.parentSpanId} IN ${NONE}`

export const hasParent = ({ fields }: SpanTable): string => `${fields.parentSpanId} NOT IN ${NONE}`

/** A span that begins the work of a service: of the kind server or consumer, or a root. */
export const isRequest = (table: SpanTable): string =>
  `(${table.fields.kind} IN ('server', 'consumer') OR ${isRoot(table)})`

export const isError = ({ fields }: SpanTable): string => `${fields.status} = 'error'`
