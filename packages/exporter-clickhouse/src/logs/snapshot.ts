import type { LogRecordLike } from '@spanhouse/transform'

/** A copy of a record as it is now: while it waits to be encoded, other processors may change it. Values inside attributes and body are not copied. */
export function snapshot(record: LogRecordLike): LogRecordLike {
  try {
    const { hrTime, hrTimeObserved, spanContext, severityNumber, severityText, body } = record
    const { eventName, attributes, resource, instrumentationScope, droppedAttributesCount } = record
    return {
      hrTime,
      hrTimeObserved,
      spanContext,
      severityNumber,
      severityText,
      body,
      eventName,
      attributes: { ...attributes },
      resource,
      instrumentationScope,
      droppedAttributesCount,
    }
  } catch {
    return record // a getter throws: what can be read is read when it is encoded
  }
}
