import type { LogRecordLike } from '../log/log-record.js'
import { EPOCH } from '../values/time.js'
import { ANY_VALUE, KEY_VALUE, newValues, readAnyValue, readKeyValue } from './any-value.js'
import { messagesIn, type Origin } from './envelope.js'
import type { WireOptions } from './options.js'
import { WireReader } from './reader.js'
import { type Kind, slicesIn } from './slices.js'
import { readNanos } from './time.js'

const LogRecord = {
  time: 0x09,
  severityNumber: 0x10,
  severityText: 0x1a,
  body: 0x2a,
  attributes: 0x32,
  droppedAttributesCount: 0x38,
  flags: 0x45,
  traceId: 0x4a,
  spanId: 0x52,
  observedTime: 0x59,
  eventName: 0x62,
} as const

const LOGS: Kind<LogRecordLike> = {
  shape: { [LogRecord.body]: ANY_VALUE, [LogRecord.attributes]: KEY_VALUE },
  records: (reader) => messagesIn(reader, readLogRecord),
}

/** The log records of an ExportLogsServiceRequest in protobuf, otherwise like `spansFromOtlpProtobuf`. */
export function logsFromOtlpProtobuf(
  bytes: Uint8Array,
  options: WireOptions = {},
): LogRecordLike[] {
  return [...LOGS.records(new WireReader(bytes, options))]
}

/** The same log records in slices of 1,000, otherwise like `spansInOtlpProtobuf`. */
export function logsInOtlpProtobuf(
  bytes: Uint8Array,
  options: WireOptions = {},
): Generator<LogRecordLike[]> {
  return slicesIn(bytes, LOGS, options)
}

function readLogRecord(reader: WireReader, end: number, origin: Origin): LogRecordLike {
  const attributes = newValues()
  let hrTime = EPOCH
  let hrTimeObserved = EPOCH
  let severityNumber = 0
  let severityText = ''
  let body: unknown
  let traceId = ''
  let spanId = ''
  let traceFlags = 0
  let eventName = ''
  let droppedAttributesCount = 0
  while (reader.at < end) {
    const tag = reader.tag(end)
    switch (tag) {
      case LogRecord.time:
        hrTime = readNanos(reader, end)
        break
      case LogRecord.observedTime:
        hrTimeObserved = readNanos(reader, end)
        break
      case LogRecord.severityNumber:
        severityNumber = reader.varint(end) | 0
        break
      case LogRecord.severityText:
        severityText = reader.text(end)
        break
      case LogRecord.body:
        body = readAnyValue(reader, end, 0, body ?? null)
        break
      case LogRecord.attributes:
        readKeyValue(reader, end, attributes)
        break
      case LogRecord.droppedAttributesCount:
        droppedAttributesCount = reader.varint(end)
        break
      case LogRecord.flags:
        traceFlags = reader.fixed32(end)
        break
      case LogRecord.traceId:
        traceId = reader.hex(end)
        break
      case LogRecord.spanId:
        spanId = reader.hex(end)
        break
      case LogRecord.eventName:
        eventName = reader.text(end)
        break
      default:
        reader.skip(tag, end)
    }
  }
  return {
    hrTime,
    hrTimeObserved,
    spanContext: { traceId, spanId, traceFlags },
    severityNumber,
    severityText,
    body,
    eventName,
    attributes,
    resource: origin.resource,
    instrumentationScope: origin.instrumentationScope,
    droppedAttributesCount,
  }
}
