// What docs/scaling.md shows.
import { number } from '../figures.mjs'
import { shardsFor } from './fleet.mjs'
import { simulatePartition } from './merges.mjs'

const CORES = 16
const ROWS_PER_PROCESS = 20
const MAX_ROWS = 10_000
const FLEETS = [10, 100, 1000, 10_000, 100_000]
const WAYS = [
  { title: '1 s (the default)', maxDelayMs: 1000, asyncInsert: false },
  { title: '10 s', maxDelayMs: 10_000, asyncInsert: false },
  { title: '60 s', maxDelayMs: 60_000, asyncInsert: false },
  { title: '1 s, `asyncInsert`', maxDelayMs: 1000, asyncInsert: true },
  { title: '10 s, `asyncInsert`', maxDelayMs: 10_000, asyncInsert: true },
]

/** What was measured. */
export function costTable({ costs }) {
  const row = (title, each, perRow) => [title, milliseconds(each), number(perRow * 1e6, 1)]
  return {
    header: ['CPU of the server', 'ms each', 'µs a row'],
    rows: [
      row('INSERT', costs.perInsert, costs.perRow),
      row(
        'INSERT of whole rows, as `asyncInsert` sends them',
        costs.perAsyncInsert,
        costs.perAsyncRow,
      ),
      row('merge', costs.perMerge, costs.perMergedRow),
    ],
  }
}

/** The model beside a real partition. */
export function realityTable(measured) {
  return {
    header: ['INSERTs a second', 'rows each', 'parts at most, measured', 'in the model'],
    rows: measured.reality.map((one) => {
      const { insertsPerSecond, rowsPerInsert } = rateOf(one)
      return [
        number(insertsPerSecond, 0),
        number(rowsPerInsert, 0),
        String(one.most),
        String(modelled(measured, one)),
      ]
    }),
  }
}

/** The most parts that the model has at the rate of a real partition. */
export function modelled({ costs, cores }, one) {
  const { perMerge, perMergedRow: perRow } = costs
  return simulatePartition({ ...rateOf(one), seconds: one.seconds, cores, perMerge, perRow }).most
}

/** As it was: exports that follow each other fast share an INSERT. */
function rateOf({ insertsPerSecond, rowsPerInsert, seconds, inserts }) {
  return {
    insertsPerSecond: inserts / seconds,
    rowsPerInsert: (insertsPerSecond * rowsPerInsert * seconds) / inserts,
  }
}

/** The shards that a fleet needs, by how its processes gather rows. */
export function fleetTable({ costs }) {
  return {
    header: ['processes', ...WAYS.map(({ title }) => `\`maxDelayMs\` ${title}`)],
    rows: FLEETS.map((processes) => [
      processes.toLocaleString('en'),
      ...WAYS.map((way) => cell(processes, way, costs)),
    ]),
  }
}

/** The shards, with the rows and the parts a second and the cores of each. */
function cell(processes, { maxDelayMs, asyncInsert }, costs) {
  const batch = { maxRows: MAX_ROWS, maxDelayMs }
  const fleet = { processes, rowsPerSecond: ROWS_PER_PROCESS, batch, cores: CORES, asyncInsert }
  const found = shardsFor(fleet, costs)
  if (!found) return 'too many'
  const { shards, rows, partsPerSecond, coresUsed, most } = found
  const parts = number(partsPerSecond, partsPerSecond < 10 ? 1 : 0)
  return `**${shards}** (${number(rows, 0)} rows/s, ${parts} parts/s, ${most} at once, ${number(coresUsed, 1)} cores)`
}

function milliseconds(seconds) {
  return number(seconds * 1000, 1)
}
