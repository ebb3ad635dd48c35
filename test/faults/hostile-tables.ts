import {
  defineTable,
  type EventLike,
  flatTraces,
  otelTraces,
  type SpanLike,
  type Table,
} from '@spanhouse/transform'

/** Tables that a user might define: every kind of type, from every kind of value. */
const userTable: Table<SpanLike> = defineTable<SpanLike>({
  name: 'my spans',
  database: 'mine',
  columns: [
    { name: 'at', type: 'DateTime64(9)', value: (span) => span.startTime },
    { name: 'day', type: 'Date', value: (span) => span.endTime },
    { name: 'second', type: 'DateTime', value: (span) => span.endTime },
    { name: 'name', type: 'LowCardinality(String)', value: (span) => span.name },
    { name: 'whole', type: 'UInt64', value: (span) => span.attributes['after'] },
    { name: 'wide', type: 'Int256', value: (span) => span.attributes['a'] },
    { name: 'small', type: 'Int8', value: (span) => span.attributes['before'] },
    { name: 'ratio', type: 'Float64', value: (span) => span.attributes['a'] },
    { name: 'maybe', type: 'Nullable(Float64)', value: (span) => span.attributes['a'] },
    { name: 'sampled', type: 'Bool', value: (span) => span.attributes['after'] },
    { name: 'tags', type: 'Array(String)', value: (span) => span.attributes['list'] },
    { name: 'numbers', type: 'Map(String, Int64)', value: (span) => span.attributes },
    { name: 'all', type: 'Map(LowCardinality(String), String)', value: (span) => span.attributes },
    {
      name: 'host',
      type: 'String',
      from: 'resource',
      value: (resource) => resource.attributes['host.name'],
    },
    {
      name: 'of_the_resource',
      type: 'Map(String, String)',
      from: 'resource',
      value: (resource) => resource.attributes,
    },
    { name: 'by', type: 'LowCardinality(String)', from: 'scope', value: (scope) => scope.name },
    { name: 'steps.name', type: 'Array(String)', each: (span) => span.events, value: nameOf },
    {
      name: 'steps.time',
      type: 'Array(DateTime64(9))',
      each: (span) => span.events,
      value: (event: unknown) => (event as EventLike).time,
    },
    { name: 'back`tick "quoted" \\ \n; --', type: 'String', value: (span) => span.status.message },
  ],
  partitionBy: 'toDate(at)',
  orderBy: 'at',
})

function nameOf(event: unknown): unknown {
  return (event as EventLike).name
}

export const TABLES: Readonly<Record<string, Table<SpanLike>>> = {
  flat: flatTraces,
  otel: otelTraces,
  'a user’s own': userTable,
}
