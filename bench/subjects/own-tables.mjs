// Tables as users define them, for the spans of bench/records/reference.mjs.
import { defineTable, extendTable, flatTraces } from '@spanhouse/transform'

/** The preset, with columns of their own for four of the eleven attributes, which stay in the map as well. */
export const promoted = extendTable(flatTraces, {
  name: 'promoted',
  promote: [
    'http.route',
    'user.id',
    { attribute: 'http.response.status_code', column: 'status', type: 'UInt16' },
    { attribute: 'cart.items', column: 'items', type: 'UInt8' },
  ],
})

/** From nothing: no map, a column for each attribute. */
export const defined = defineTable({
  signal: 'traces',
  name: 'defined',
  database: 'telemetry',
  columns: [
    { name: 'at', type: "DateTime64(9, 'UTC')", field: 'timestamp' },
    { name: 'took', type: 'UInt64', field: 'duration' },
    { name: 'trace_id', type: 'FixedString(32)', field: 'traceId' },
    { name: 'span_id', type: 'FixedString(16)', field: 'spanId' },
    { name: 'name', type: 'LowCardinality(String)', field: 'name' },
    { name: 'service', type: 'LowCardinality(String)', resource: 'service.name' },
    { name: 'host', type: 'String', resource: 'host.name' },
    { name: 'library', type: 'LowCardinality(String)', scope: 'name' },
    {
      name: 'method',
      type: "Enum8('' = 0, 'GET' = 1, 'POST' = 2)",
      attribute: 'http.request.method',
    },
    { name: 'route', type: 'LowCardinality(String)', attribute: 'http.route' },
    { name: 'status', type: 'UInt16', attribute: 'http.response.status_code' },
    { name: 'path', type: 'String', attribute: 'url.path' },
    { name: 'scheme', type: 'LowCardinality(String)', attribute: 'url.scheme' },
    { name: 'server', type: 'LowCardinality(String)', attribute: 'server.address' },
    { name: 'port', type: 'Nullable(UInt16)', attribute: 'server.port' },
    { name: 'version', type: 'Decimal(4, 2)', attribute: 'network.protocol.version' },
    { name: 'agent', type: 'LowCardinality(String)', attribute: 'user_agent.original' },
    { name: 'user', type: 'String', attribute: 'user.id' },
    { name: 'items', type: 'UInt8', attribute: 'cart.items' },
  ],
  orderBy: '(service, at)',
})
