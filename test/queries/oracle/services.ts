import type { OperationRow, Search, ServiceRow } from '../../../packages/queries/src/index.js'
import type { ModelSpan } from '../kit/model.js'
import { errorsIn, grouped, least, most, ordered, quantile } from './lists.js'
import { isRequest, matches } from './matches.js'

/** The seconds that rates refer to. */
function secondsOf(found: readonly ModelSpan[], { fromUs, toUs }: Search): number {
  const from = fromUs ?? least(found.map(({ startUs }) => startUs))
  const to = toUs ?? most(found.map(({ startUs }) => startUs))
  const isWhole = fromUs !== undefined && toUs !== undefined
  return Math.max((to - from) / 1e6, isWhole ? 1e-6 : 1)
}

export function services(all: readonly ModelSpan[], search: Search): ServiceRow[] {
  const found = all.filter((span) => matches(span, search))
  const seconds = secondsOf(found, search)
  const rows = grouped(found, ({ service }) => service).map((group) => {
    const requests = group.filter(isRequest)
    const durations = requests.map(({ durationNs }) => durationNs)
    return {
      service: group[0]?.service ?? '',
      requests: requests.length,
      errors: errorsIn(requests),
      spans: group.length,
      rate: requests.length / seconds,
      p50_ns: quantile(0.5, durations) ?? 0,
      p95_ns: quantile(0.95, durations) ?? 0,
      p99_ns: quantile(0.99, durations) ?? 0,
      last_us: most(group.map(({ startUs }) => startUs)),
    }
  })
  return ordered(
    rows,
    (row) => row.requests,
    (row) => row.service,
  )
}

export function operations(all: readonly ModelSpan[], search: Search): OperationRow[] {
  const found = all.filter((span) => matches(span, search))
  const seconds = secondsOf(found, search)
  const groups = grouped(found, ({ service, name, kind }) => [service, name, kind])
  const rows = groups.map((group) => {
    const { service = '', name = '', kind = '' } = group[0] ?? {}
    const durations = group.map(({ durationNs }) => durationNs)
    return {
      service,
      name,
      kind,
      count: group.length,
      errors: errorsIn(group),
      rate: group.length / seconds,
      p50_ns: quantile(0.5, durations) ?? 0,
      p95_ns: quantile(0.95, durations) ?? 0,
      p99_ns: quantile(0.99, durations) ?? 0,
      max_ns: most(durations),
      total_ns: durations.reduce((a, b) => a + b, 0),
    }
  })
  return ordered(
    rows,
    (row) => row.total_ns,
    (row) => row.service,
    (row) => row.name,
    (row) => row.kind,
  )
}
