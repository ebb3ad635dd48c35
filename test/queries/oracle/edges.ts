import type { EdgeRow, Search } from '../../../packages/queries/src/index.js'
import type { ModelSpan } from '../kit/model.js'
import { errorsIn, grouped, ordered, quantile } from './lists.js'
import { isBetween, matches } from './matches.js'

const HOUR_US = 3600e6

export function edges(all: readonly ModelSpan[], search: Search): EdgeRow[] {
  const { services: sides, fromUs = -Infinity, toUs = Infinity, ...others } = search
  const searched = { ...others, fromUs, toUs }
  const parentOf = (span: ModelSpan) =>
    all.find(
      (one) =>
        one.traceId === span.traceId &&
        one.spanId === span.parentSpanId &&
        isBetween(one.startUs, fromUs - HOUR_US, toUs),
    )
  const calls = all.flatMap((span) => {
    const parent = parentOf(span)
    return parent && parent.service !== span.service ? [{ span, parent }] : []
  })
  const found = calls
    .filter(({ span }) => matches(span, searched))
    .map(({ span, parent }) => ({
      caller: parent.service,
      callee: span.service,
      callee_kind: 'service' as EdgeRow['callee_kind'],
      span,
    }))
  const called = new Set(
    calls
      .filter(({ span }) => isBetween(span.startUs, fromUs, toUs + HOUR_US))
      .map(({ parent }) => parent),
  )
  for (const span of all) {
    if (!['client', 'producer'].includes(span.kind)) continue
    if (!matches(span, searched) || called.has(span)) continue
    const peer = peerOf(span)
    if (peer) found.push({ caller: span.service, ...peer, span })
  }
  const asked = found.filter(
    ({ caller, callee }) => !sides || sides.includes(caller) || sides.includes(callee),
  )
  const rows = grouped(asked, ({ span: _, ...edge }) => edge).map((group) => {
    const { span: _, ...edge } = group[0] as (typeof group)[number]
    const durations = group.map(({ span }) => span.durationNs)
    return {
      ...edge,
      calls: group.length,
      errors: errorsIn(group.map(({ span }) => span)),
      p50_ns: quantile(0.5, durations) ?? 0,
      p95_ns: quantile(0.95, durations) ?? 0,
    }
  })
  return ordered(
    rows,
    (row) => row.calls,
    (row) => row.caller,
    (row) => row.callee,
    (row) => row.callee_kind,
  )
}

function peerOf({ attributes }: ModelSpan): Pick<EdgeRow, 'callee' | 'callee_kind'> | undefined {
  const { 'db.system': system, 'db.namespace': database, 'server.address': address } = attributes
  if (system)
    return { callee: database ? `${system}/${database}` : system, callee_kind: 'database' }
  return address ? { callee: address, callee_kind: 'external' } : undefined
}
