// What is compared. Each is started by its module as something a span can be given to:
//   onEnd(span), delivered() → spans so far, flush() → resolves when all are delivered or given up,
//   maxInFlight → how many spans a run lets it have under way: enough never to idle, too few to drop any.

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
  client: { title: '@clickhouse/client, row objects', module: './client.mjs' },
  stringify: { title: 'row objects, JSON.stringify, nothing sent', module: './stringify.mjs' },
  floor: { title: 'spans counted, nothing else', module: './floor.mjs' },
}

/** `surroundings`: the `endpoints`, and what single subjects can be told besides. */
export async function startSubject(name, surroundings) {
  const { module, ...subject } = subjects[name]
  const { start } = await import(module)
  return start({ ...subject, ...surroundings })
}
