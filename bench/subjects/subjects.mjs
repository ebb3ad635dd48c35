// What is compared. A subject's module starts it as something that takes spans (or log records, or metrics):
//   take(record)  a span, a log record, or the metrics of one collection
//   delivered()   the number of records delivered so far
//   flush()       resolves when all are delivered or given up
//   maxInFlight   how many records may be in flight at once: enough that the subject never idles, too few to make it drop any
//   perTurn       how many records it gets at once, if not a hundred

export const subjects = {
  spanhouse: { title: 'spanhouse', module: './spanhouse.mjs' },
  'spanhouse-br': {
    title: 'spanhouse, brotli',
    module: './spanhouse.mjs',
    options: { compression: { codec: 'br' } },
  },
  'spanhouse-512': {
    title: 'spanhouse, batches of 512',
    module: './spanhouse.mjs',
    options: { batch: { maxRows: 512 } },
  },
  'spanhouse-promoted': {
    title: 'spanhouse, four promoted attributes',
    module: './spanhouse.mjs',
    table: 'promoted',
  },
  'spanhouse-defined': {
    title: 'spanhouse, a table from nothing',
    module: './spanhouse.mjs',
    table: 'defined',
  },
  'otlp-protobuf': {
    title: 'OTLP/protobuf exporter',
    module: './otlp.mjs',
    exporter: '@opentelemetry/exporter-trace-otlp-proto',
  },
  'otlp-json': {
    title: 'OTLP/JSON exporter',
    module: './otlp.mjs',
    exporter: '@opentelemetry/exporter-trace-otlp-http',
  },
  'spanhouse-exporter': {
    title: 'spanhouse, exporter',
    module: './exporter.mjs',
    exporter: '@spanhouse/exporter-clickhouse',
  },
  'otlp-protobuf-exporter': {
    title: 'OTLP/protobuf, exporter',
    module: './exporter.mjs',
    exporter: '@opentelemetry/exporter-trace-otlp-proto',
  },
  client: { title: '@clickhouse/client, row objects', module: './client.mjs' },
  stringify: {
    title: 'row objects, JSON.stringify, nothing sent',
    module: './unsent.mjs',
    work: 'stringify',
  },
  floor: { title: 'spans counted, nothing else', module: './unsent.mjs', work: 'count' },
  'spanhouse-logs': { title: 'spanhouse', module: './spanhouse-logs.mjs' },
  'spanhouse-logger': {
    title: 'spanhouse, with the SDK that makes the records',
    module: './spanhouse-logs.mjs',
    makesRecords: true,
  },
  'otlp-protobuf-logs': {
    title: 'OTLP/protobuf exporter',
    module: './otlp-logs.mjs',
    exporter: '@opentelemetry/exporter-logs-otlp-proto',
  },
  'otlp-json-logs': {
    title: 'OTLP/JSON exporter',
    module: './otlp-logs.mjs',
    exporter: '@opentelemetry/exporter-logs-otlp-http',
  },
  pino: { title: 'pino, JSON to a file', module: './log-files.mjs', logger: 'pino' },
  winston: { title: 'winston, JSON to a file', module: './log-files.mjs', logger: 'winston' },
  'spanhouse-metrics': {
    title: 'spanhouse',
    module: './metric-exporters.mjs',
    exporter: '@spanhouse/exporter-clickhouse',
  },
  'spanhouse-metrics-otel': {
    title: "spanhouse, the Collector's five tables",
    module: './metric-exporters.mjs',
    exporter: '@spanhouse/exporter-clickhouse',
    options: { schema: 'otel' },
  },
  'otlp-protobuf-metrics': {
    title: 'OTLP/protobuf exporter',
    module: './metric-exporters.mjs',
    exporter: '@opentelemetry/exporter-metrics-otlp-proto',
  },
  'otlp-json-metrics': {
    title: 'OTLP/JSON exporter',
    module: './metric-exporters.mjs',
    exporter: '@opentelemetry/exporter-metrics-otlp-http',
  },
}

/** The same job for each of several subjects. */
export function jobsFor(names, job) {
  return Object.fromEntries(names.map((subject) => [subject, { subject, ...job }]))
}

/** `surroundings`: the `endpoints`, and options of single subjects. */
export async function startSubject(name, surroundings) {
  const { module, ...subject } = subjects[name]
  const { start } = await import(module)
  return start({ ...subject, ...surroundings })
}
