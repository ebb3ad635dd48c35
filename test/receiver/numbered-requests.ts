import { bytesField, intField, varint } from '../../packages/receiver/src/answers/protobuf.js'
import type { SignalName } from '../kit/numbered-records.mjs'

/** Export requests in protobuf, whose records have the ids that `test/kit/signals.ts` looks for. */
export const REQUESTS: Readonly<Record<SignalName, (ids: readonly string[]) => Buffer>> = {
  traces: (ids) => requestOf(ids.map(span)),
  logs: (ids) => requestOf(ids.map(logRecord)),
  metrics: (ids) => requestOf(ids.map(gauge)),
}

const STARTED_AT = 1_790_000_000_000_000_000n

/** `records`: the messages of one scope. The numbers of these fields are the same for all signals. */
export function requestOf(records: readonly Buffer[], service = 'steady'): Buffer {
  const resource = bytesField(1, keyValue(1, 'service.name', text(service)))
  const scope = bytesField(2, Buffer.concat(records.map((record) => bytesField(2, record))))
  return bytesField(1, Buffer.concat([resource, scope]))
}

export function span(id: string): Buffer {
  return Buffer.concat([
    bytesField(1, Buffer.from(id + id, 'hex')),
    bytesField(2, Buffer.from(id, 'hex')),
    bytesField(5, `span ${id}`),
    intField(6, 2),
    fixed64(7, STARTED_AT),
    fixed64(8, STARTED_AT + 1_000_000n),
    keyValue(9, 'http.route', text('/orders/:id')),
    keyValue(9, 'cart.items', intField(3, 7)),
  ])
}

function logRecord(id: string): Buffer {
  return Buffer.concat([
    fixed64(1, STARTED_AT),
    bytesField(5, text(`line ${id}`)),
    bytesField(9, Buffer.from(id + id, 'hex')),
    bytesField(10, Buffer.from(id, 'hex')),
  ])
}

function gauge(id: string): Buffer {
  const point = Buffer.concat([
    fixed64(3, STARTED_AT),
    fixed64(6, 7n),
    keyValue(7, 'fault.id', text(id)),
  ])
  return Buffer.concat([bytesField(1, 'load'), bytesField(5, bytesField(1, point))])
}

/** An AnyValue. */
export function text(value: string): Buffer {
  return bytesField(1, value)
}

export function keyValue(field: number, key: string, value: Buffer): Buffer {
  return bytesField(field, Buffer.concat([bytesField(1, key), bytesField(2, value)]))
}

export function fixed64(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return Buffer.concat([varint(field * 8 + 1), bytes])
}
