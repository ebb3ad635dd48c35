import { defineTable, type EventLike, type SpanLike, type Table } from '../src/index.js'

/** What a user might write: every sort of type, from every sort of value. */
export const userTable: Table<SpanLike> = defineTable<SpanLike>({
  name: 'my spans',
  database: 'mine',
  columns: [
    { name: 'at', type: 'DateTime', value: (span) => span.startTime },
    { name: 'day', type: 'Date', value: (span) => span.endTime },
    { name: 'user_id', type: 'String', value: (span) => span.attributes['a'] },
    { name: 'whole', type: 'UInt64', value: (span) => span.attributes['a'] },
    { name: 'small', type: 'Int8', value: (span) => span.attributes['b'] },
    { name: 'ratio', type: 'Float64', value: (span) => span.attributes['a'] },
    { name: 'maybe', type: 'Nullable(Float64)', value: (span) => span.attributes['b'] },
    { name: 'sampled', type: 'Bool', value: (span) => span.attributes['a'] },
    { name: 'when', type: 'DateTime64(9)', value: (span) => span.attributes['b'] },
    { name: 'tags', type: 'Array(String)', value: (span) => span.attributes['a'] },
    { name: 'all', type: 'Map(String, String)', value: (span) => span.attributes },
    {
      name: 'host',
      type: 'String',
      from: 'resource',
      value: (resource) => resource.attributes['host.name'],
    },
    { name: 'by', type: 'LowCardinality(String)', from: 'scope', value: (scope) => scope.name },
    { name: 'steps.name', type: 'Array(String)', each: (span) => span.events, value: nameOf },
    { name: 'back`tick "quoted" \\ \n', type: 'String', value: () => 'x' },
  ],
  partitionBy: 'toDate(at)',
  orderBy: 'at',
})

function nameOf(event: EventLike): unknown {
  return event.name
}
