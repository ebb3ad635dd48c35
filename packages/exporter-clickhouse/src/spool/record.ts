import { crc32 } from 'node:zlib'
import { Batch, type BatchShape, type CompressedBatch } from '../batching/batch.js'
import type { Insert, Whole } from '../clickhouse/insert.js'

// A record: magic and version (8 bytes), lengths of head and body (4 bytes each), the head as JSON, the body as it is sent, and the
// CRC-32 of all that (4 bytes).
const MAGIC = Buffer.from('SPANSPL\x01', 'latin1')
const VERSION_AT = 7
const HEAD_LENGTH_AT = 8
const BODY_LENGTH_AT = 12
const PREFIX_BYTES = 16
const CRC_BYTES = 4
// Far more than any batch has. No memory is allocated for a file that is longer.
export const MAX_RECORD_BYTES: number = 1024 * 1024 * 1024

interface Head extends BatchShape {
  readonly digest: string
  readonly inserts: Readonly<Record<string, Insert>>
}

export function encodeRecord(
  { rows, rawBytes, codec, compressed: { digest, body } }: CompressedBatch,
  inserts: ReadonlyMap<string, Insert>,
): Buffer {
  const head: Head = { rows, rawBytes, codec, digest, inserts: Object.fromEntries(inserts) }
  const json = Buffer.from(JSON.stringify(head))
  const end = PREFIX_BYTES + json.length + body.length
  const record = Buffer.allocUnsafe(end + CRC_BYTES)
  MAGIC.copy(record)
  record.writeUInt32LE(json.length, HEAD_LENGTH_AT)
  record.writeUInt32LE(body.length, BODY_LENGTH_AT)
  json.copy(record, PREFIX_BYTES)
  body.copy(record, PREFIX_BYTES + json.length)
  record.writeUInt32LE(crc32(record.subarray(0, end)), end)
  return record
}

/** Undefined if a single bit differs from what was written. */
export function decodeRecord(
  record: Buffer,
  destination: string,
): { batch: CompressedBatch; insert: Insert } | undefined {
  const parts = intact(record)
  const head = parts && parseHead(parts.head)
  if (!head || !Object.hasOwn(head.inserts, destination)) return
  const insert = head.inserts[destination]
  if (!isInsert(insert)) return
  const compressed = { digest: head.digest, body: parts.body }
  return { batch: Batch.restore(head, compressed) as CompressedBatch, insert }
}

/** Whether a record that cannot be decoded was written by a newer version: its format is newer, or it is intact but has unknown content. */
export function isOfNewerVersion(record: Buffer): boolean {
  if (record.length < MAGIC.length) return false
  if (!record.subarray(0, VERSION_AT).equals(MAGIC.subarray(0, VERSION_AT))) return false
  if (record.readUInt8(VERSION_AT) <= MAGIC.readUInt8(VERSION_AT)) {
    const parts = intact(record)
    const head = parts && parseHead(parts.head)
    return parts !== undefined && !(head && Object.values(head.inserts).every(isInsert))
  }
  // If it is intact with our version in that byte, only that byte was damaged.
  const asOurs = Buffer.from(record)
  MAGIC.copy(asOurs)
  return !intact(asOurs)
}

function intact(record: Buffer): { head: Buffer; body: Buffer } | undefined {
  if (record.length < PREFIX_BYTES + CRC_BYTES) return
  if (!record.subarray(0, MAGIC.length).equals(MAGIC)) return
  const bodyAt = PREFIX_BYTES + record.readUInt32LE(HEAD_LENGTH_AT)
  const end = bodyAt + record.readUInt32LE(BODY_LENGTH_AT)
  if (end + CRC_BYTES !== record.length) return
  if (crc32(record.subarray(0, end)) !== record.readUInt32LE(end)) return
  return { head: record.subarray(PREFIX_BYTES, bodyAt), body: record.subarray(bodyAt, end) }
}

// The checksum proves that these are the bytes that were written, but not that this code wrote them.
function parseHead(json: Buffer): Head | undefined {
  try {
    const head: unknown = JSON.parse(json.toString())
    return isHead(head) ? head : undefined
  } catch {
    return
  }
}

function isHead(value: unknown): value is Head {
  if (!isObject(value)) return false
  const { rows, rawBytes, codec, digest, inserts } = value
  return (
    isCount(rows) &&
    isCount(rawBytes) &&
    (codec === 'gzip' || codec === 'br' || codec === 'none') &&
    typeof digest === 'string' &&
    isObject(inserts)
  )
}

function isInsert(value: unknown): value is Insert {
  return (
    isObject(value) &&
    typeof value['statement'] === 'string' &&
    isObject(value['settings']) &&
    Object.values(value['settings']).every((setting) => typeof setting === 'string') &&
    (value['whole'] === undefined || isWhole(value['whole']))
  )
}

function isWhole(value: unknown): value is Whole {
  if (!isObject(value) || typeof value['statement'] !== 'string') return false
  const { shape } = value
  if (!isObject(shape) || !Array.isArray(shape['keyLists'])) return false
  return ['blank', 'names', 'derived', 'keyed'].every((part) => isObject(shape[part]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** What the name of a record says. */
export interface RecordName {
  /** Microseconds since 1970, unique in a directory. Records are ordered by it. */
  readonly stamp: number
  readonly rows: number
  readonly bytes: number
  /** For a part of a divided batch: the record of the whole batch, as `partName()` returns it. */
  readonly of?: string | undefined
}

const NAME = /^(\d{16})-(\d{1,9})-(\d{1,10})(?:-of-(\d{16}-\d{1,9}-\d{1,10}))?\.batch$/

export function recordName(record: RecordName): string {
  const { of } = record
  return `${partName(record)}${of === undefined ? '' : `-of-${of}`}.batch`
}

/** How the names of its parts refer to a record. */
export function partName({ stamp, rows, bytes }: RecordName): string {
  return `${String(stamp).padStart(16, '0')}-${rows}-${bytes}`
}

export function parseRecordName(name: string): RecordName | undefined {
  const [, stamp, rows, bytes, of] = NAME.exec(name) ?? []
  return stamp === undefined
    ? undefined
    : { stamp: Number(stamp), rows: Number(rows), bytes: Number(bytes), of }
}
