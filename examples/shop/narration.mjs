// What the demo prints before and after the load; the report itself is in report.mjs.
import { failures, latencies } from './answers.mjs'
import { REQUESTS_PER_SECOND } from './load.mjs'
import { count, milliseconds } from './table.mjs'
import { say, sayWrapped, width } from './terminal.mjs'

// Short, so that a link with the query in it fits into a line.
const EVERYTHING = 'SELECT * FROM telemetry.traces'
const SLOWEST = [
  'SELECT service_name, span_name, count(), max(duration_ms)',
  'FROM telemetry.traces',
  'GROUP BY ALL ORDER BY max(duration_ms) DESC',
]

export function introduce(target, runId) {
  say()
  sayWrapped(
    'Customers visit a small shop of three HTTP services: storefront, catalog and payment.',
  )
  if (target) {
    sayWrapped(`Every span, log record and data point of a metric goes to ${target.endpoint} into telemetry.traces,
      logs and metrics, which are created if they are missing. The rows of this run are those with`)
    say(`  resource_attributes['demo.run_id'] = '${runId}'`)
    sayWrapped('In the end everything must be there exactly once.')
  } else {
    sayWrapped(`Every span, log record and data point of a metric goes to two ClickHouse servers at once, local
      and central. Half way, central is killed, and a little later started again. Do the customers notice? And does
      each server hold everything exactly once in the end?`)
  }
  say()
}

/** The actual pace, not the intended one. */
export function paceOf(requests, seconds) {
  const tenths = seconds.toFixed(1)
  const pace = requests / Number(tenths)
  const claim = `load ends: ${count(requests)} requests in ${tenths} s, ${Math.round(pace)} a second`
  if (pace > 0.9 * REQUESTS_PER_SECOND) return claim
  return `${claim} (the plan was ${REQUESTS_PER_SECOND}; this machine is too busy)`
}

/** What the customers noticed, only as figures: on a busy machine any verdict would be noise. */
export function latencyVerdict(visits, outage) {
  const [up, down] = latencies(visits, outage).map(({ median }) => median && milliseconds(median))
  const answered = `The median answer of the shop took ${up ?? '–'}`
  const medians = down
    ? `${answered} while ${outage.name} was up, and ${down} while it was down.`
    : `${answered}.`
  if (failures(visits, false).length > 0) return medians
  return `${medians} No request failed except those that the shop fails on purpose.`
}

export function sayServersStayUp(servers) {
  say()
  sayWrapped('The servers stay up until Ctrl-C. Each answers SQL in the browser:')
  for (const server of servers) say(`\n  ${server.name}\n  ${playUrl(server)}`)
  say()
  sayWrapped('A query to try there:')
  say(`\n  ${SLOWEST.join('\n  ')}`)
}

export function sayWhatNext(target) {
  say()
  if (target) {
    say(`Look at the rows, in a browser:\n\n  ${playUrl(target)}\n`)
  } else {
    sayWrapped('Look at the rows yourself, in servers that stay up:')
    say('\n  npm run demo -- --keep\n')
    sayWrapped('The same into a ClickHouse of your own, where nothing is killed:')
    say('\n  npm run demo -- --endpoint http://localhost:8123\n')
  }
  sayWrapped('examples/shop/telemetry.mjs shows what an application needs for this.')
}

/** The page reads its query from the fragment, in base64. If the link does not fit into a line, the query is left out. */
function playUrl({ endpoint }) {
  const page = `${endpoint}/play`
  const link = `${page}#${Buffer.from(EVERYTHING).toString('base64')}`
  return link.length + 2 <= width ? link : page
}
