// Stands in for the log tables of @spanhouse/transform until they are there.
import {
  type AttributesLike,
  defineTable,
  type HrTime,
  type ResourceLike,
  type ScopeLike,
  type Table,
} from '@spanhouse/transform'

export interface LogRecordLike {
  readonly hrTime: HrTime
  readonly hrTimeObserved?: HrTime | undefined
  readonly spanContext?:
    | { readonly traceId: string; readonly spanId: string; readonly traceFlags?: number }
    | undefined
  readonly severityNumber?: number | undefined
  readonly severityText?: string | undefined
  readonly body?: unknown
  readonly eventName?: string | undefined
  readonly attributes: AttributesLike
  readonly droppedAttributesCount?: number | undefined
  readonly resource: ResourceLike
  readonly instrumentationScope: ScopeLike
}

export const flatLogs: Table<LogRecordLike> = defineTable<LogRecordLike>({
  name: 'logs',
  database: 'telemetry',
  columns: [{ name: 'body', type: 'String', value: ({ body }) => body }],
  orderBy: 'body',
})

export const otelLogs: Table<LogRecordLike> = defineTable<LogRecordLike>({
  name: 'otel_logs',
  columns: [{ name: 'Body', type: 'String', value: ({ body }) => body }],
  orderBy: 'Body',
})
