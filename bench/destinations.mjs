// What other destinations cost a healthy one, and what metrics cost: paired runs A B A B in fresh processes, medians of the ratios.
//   npm run bench -- [--pairs 7] [--spans 60000]
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'

const { values } = parseArgs({
  options: { pairs: { type: 'string', default: '7' }, spans: { type: 'string', default: '60000' } },
})
const pairs = Number(values.pairs)
const spans = Number(values.spans)
const here = (file) => fileURLToPath(new URL(file, import.meta.url))

const sinks = await Promise.all([server('sink.mjs'), server('sink.mjs'), server('sink.mjs')])
const sick = await server('sick.mjs')
const endpoint = (port) => `http://127.0.0.1:${port}`
const destinations = (...ports) => ({
  destinations: ports.map((port, n) => ({ name: `d${n}`, endpoint: endpoint(port) })),
})
const [a, b, c] = sinks.map(({ said }) => said)
const alone = { options: destinations(a) }
const sickPorts = { refusing: 9, ...JSON.parse(sick.said) }

console.log(
  `Node ${process.version}, load ${loadavg()[0].toFixed(2)}, ${pairs} pairs of ${spans} spans, batches of 10,000 rows or 8 MiB\n`,
)
console.log('What                                        median of ratios   (lowest … highest)')
await compare(
  'CPU with a second healthy destination',
  alone,
  { options: destinations(a, b) },
  'cpuUsPerSpan',
)
await compare(
  'CPU with a third',
  { options: destinations(a, b) },
  { options: destinations(a, b, c) },
  'cpuUsPerSpan',
)
await compare('CPU with metrics', alone, { ...alone, metrics: true }, 'cpuUsPerSpan')
for (const [way, port] of Object.entries(sickPorts))
  await compare(
    `throughput beside one ${way}`,
    alone,
    { options: destinations(a, port) },
    'spansPerSecond',
  )
for (const { process: child } of [...sinks, sick]) child.stdin.end()

async function compare(what, before, after, figure) {
  const ratios = []
  for (let pair = 0; pair < pairs; pair++) {
    const first = await measure(before)
    const second = await measure(after)
    ratios.push(second[figure] / first[figure])
  }
  ratios.sort((x, y) => x - y)
  const show = (ratio) => ratio.toFixed(3)
  console.log(
    `${what.padEnd(44)}${show(ratios[ratios.length >> 1]).padStart(10)}         (${show(ratios[0])} … ${show(ratios.at(-1))})`,
  )
}

async function measure(run) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [here('worker.mjs'), JSON.stringify({ spans, ...run })],
    { timeout: 120_000 },
  )
  return JSON.parse(stdout)
}

async function server(file) {
  const child = spawn(process.execPath, [here(file)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [said] = await once(createInterface(child.stdout), 'line')
  return { process: child, said }
}
