import { bytesField, intField, varint } from '../src/answers/protobuf.js'

/** So many spans, numbered from `from`, as an ExportTraceServiceRequest in protobuf. */
export function spansAsProtobuf(count: number, from = 0, service = 'shop'): Buffer {
  const spans = Array.from({ length: count }, (_, n) => bytesField(2, spanMessage(from + n)))
  const attribute = Buffer.concat([
    bytesField(1, 'service.name'),
    bytesField(2, bytesField(1, service)),
  ])
  const resource = bytesField(1, bytesField(1, attribute))
  const scope = bytesField(2, Buffer.concat(spans))
  return bytesField(1, Buffer.concat([resource, scope]))
}

function spanMessage(number: number): Buffer {
  const spanId = Buffer.alloc(8)
  spanId.writeUInt32BE(number + 1, 4)
  return Buffer.concat([
    bytesField(1, Buffer.from('0af7651916cd43dd8448eb211c80319c', 'hex')),
    bytesField(2, spanId),
    bytesField(5, `span ${number}`),
    intField(6, 2),
    fixed64(7, 1_700_000_000_000_000_000n),
    fixed64(8, 1_700_000_000_001_000_000n),
  ])
}

function fixed64(field: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return Buffer.concat([varint(field * 8 + 1), bytes])
}
