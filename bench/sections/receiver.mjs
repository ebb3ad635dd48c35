// What it costs to receive a span: OTLP/HTTP comes in, rows go out. The receiver is alone in the measured process.
import { setTimeout as sleep } from 'node:timers/promises'
import { startServer } from '../servers/servers.mjs'
import { cpuTimes, settle } from './kit.mjs'

const SHAPES = {
  512: { perRequest: 512 },
  '512-gzip': { perRequest: 512, gzip: true },
  8192: { perRequest: 8192 },
  '8192-gzip': { perRequest: 8192, gzip: true },
  '512-gzip-accepted': { perRequest: 512, gzip: true, acknowledge: 'accepted' },
}

export const receiver = {
  name: 'receiver',
  title: 'Spans received a core-second',
  about:
    'Spans of the first table come as OTLP/HTTP in protobuf, from a client in a process of its own with four requests at a time, and are written to a server that discards them. ' +
    'CPU is that of the receiver’s process: reading, inflating, decoding, encoding, compressing, sending. Each request is one INSERT, and answered when its rows are delivered; in the last row when they are accepted. ' +
    'Published for others, with their own spans on their own machines: 137,000 for the Collector, 462,000 for Rotel.',
  sizes: {
    full: { rounds: 5, spans: 300_000, warmUp: 150_000 },
    quick: { rounds: 2, spans: 60_000, warmUp: 60_000 },
  },
  figures: [
    { name: 'spansPerCoreSecond', title: 'spans a core-second', digits: 0, chart: true },
    { name: 'mainUs', title: 'main thread, µs a span', digits: 2 },
    { name: 'cpuUs', title: 'all CPU, µs a span', digits: 2 },
  ],
  titleOf(key) {
    const { perRequest, gzip, acknowledge } = SHAPES[key]
    const words = [`requests of ${perRequest.toLocaleString('en-US')}`]
    if (gzip) words.push('gzip')
    if (acknowledge) words.push(acknowledge)
    return words.join(', ')
  },
  async jobs(size, servers) {
    const [sink] = await servers.sinks()
    const job = { measure: 'receiver.mjs#measureReceived', sink, ...size }
    return Object.fromEntries(
      Object.entries(SHAPES).map(([key, shape]) => [key, { ...job, ...shape }]),
    )
  },
}

export async function measureReceived(job) {
  const { sink, spans, warmUp, perRequest, gzip = false, acknowledge } = job
  const { openReceiver } = await import('@spanhouse/receiver')
  const receiver = await openReceiver({
    ...(acknowledge && { acknowledge }),
    httpPort: 0,
    grpcPort: false,
    exporter: { endpoint: sink },
  })
  const sender = { perRequest, gzip, port: receiver.httpPort }
  const clientFor = (requests) =>
    startServer('otlp-sender.mjs', { args: [JSON.stringify({ ...sender, requests })] })
  const requestsOf = (count) => Math.ceil(count / perRequest)

  async function receive(count) {
    const client = await clientFor(requestsOf(count))
    await settle()
    const before = cpuTimes()
    const said = await client.ask('go')
    await untilDelivered(receiver)
    const after = cpuTimes()
    client.stop()
    if (said !== 'done') throw new Error(said)
    return { all: after.allUs - before.allUs, main: after.mainUs - before.mainUs }
  }

  await receive(warmUp)
  const earlier = receiver.stats().signals.traces.records
  const cpu = await receive(spans)
  const received = receiver.stats().signals.traces.records - earlier
  if (received !== requestsOf(spans) * perRequest) throw new Error(`${received} spans came`)
  await receiver.close()
  return {
    spansPerCoreSecond: (received / cpu.all) * 1e6,
    mainUs: cpu.main / received,
    cpuUs: cpu.all / received,
  }
}

async function untilDelivered(receiver) {
  for (;;) {
    const { exporter } = receiver.stats().signals.traces
    const [{ waiting, dropped }] = Object.values(exporter.destinations)
    if (Object.keys(dropped).length > 0) throw new Error(`dropped: ${JSON.stringify(dropped)}`)
    if (waiting === 0) return
    await sleep(2)
  }
}
