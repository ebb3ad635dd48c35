// What is compared. A subject's module starts it as something that takes spans:
//   onEnd(span)
//   delivered()   the number of spans delivered so far
//   flush()       resolves when all are delivered or given up
//   maxInFlight   how many spans may be in flight at once: enough that the subject never idles, too few to make it drop any

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
  stringify: {
    title: 'row objects, JSON.stringify, nothing sent',
    module: './unsent.mjs',
    work: 'stringify',
  },
  floor: { title: 'spans counted, nothing else', module: './unsent.mjs', work: 'count' },
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
