import type {
  EdgeRow,
  HeatRow,
  KeyRow,
  OperationRow,
  RateRow,
  Search,
  ServiceRow,
  SpanBrief,
  TraceRow,
  ValueRow,
} from '../../../packages/queries/src/index.js'
import type { ModelSpan } from './model.js'

// The answers to all queries, by looking at every span.

const HOUR_US = 3600e6

export const isRoot = (span: ModelSpan): boolean => span.parentSpanId === ''
export const isRequest = (span: ModelSpan): boolean =>
  ['server', 'consumer'].includes(span.kind) || isRoot(span)

export function matches(span: ModelSpan, search: Search): boolean {
  const { services, operation, kind, status, minNs, maxNs, attributes = [], text = [] } = search
  const resource: Record<string, string> = { 'service.name': span.service, ...span.resource }
  const places = [span.attributes, resource]
  return (
    isBetween(span.startUs, search.fromUs, search.toUs) &&
    (services === undefined || services.includes(span.service)) &&
    (operation === undefined || span.name === operation) &&
    (kind === undefined || span.kind === kind) &&
    (status === undefined || span.status === status) &&
    (minNs === undefined || span.durationNs >= minNs) &&
    (maxNs === undefined || span.durationNs <= maxNs) &&
    (search.traceId === undefined || span.traceId.startsWith(search.traceId)) &&
    attributes.every(({ key, op, value }) => {
      const values = places.filter((place) => key in place).map((place) => place[key] ?? '')
      if (op === 'exists') return values.length > 0
      if (op === '=') return values.includes(value)
      if (op === '!=') return values.length > 0 && !values.includes(value)
      return values.some((one) => holds(one, value))
    }) &&
    text.every(
      (word) =>
        [span.name, span.message, ...places.flatMap((place) => Object.values(place))].some((one) =>
          holds(one, word),
        ) ||
        (/^[0-9a-f]{4,32}$/i.test(word) && span.traceId.startsWith(word.toLowerCase())),
    )
  )
}

const holds = (text: string, word: string) => text.toLowerCase().includes(word.toLowerCase())
const isBetween = (us: number, from = -Infinity, to = Infinity) => us >= from && us < to

/** As the server orders texts. */
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b))

type Key<Row> = (row: Row) => number | string

/** Numbers descending, texts ascending: the order of every query. */
function ordered<Row>(rows: readonly Row[], ...keys: Key<Row>[]): Row[] {
  return [...rows].sort((a, b) => {
    for (const key of keys) {
      const [x, y] = [key(a), key(b)]
      const order = typeof x === 'number' ? Number(y) - x : byBytes(x, String(y))
      if (order !== 0) return order
    }
    return 0
  })
}

function grouped<Row>(rows: readonly Row[], key: (row: Row) => unknown): Row[][] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const name = JSON.stringify(key(row))
    groups.set(name, [...(groups.get(name) ?? []), row])
  }
  return [...groups.values()]
}

const most = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.max(a, b), -Infinity)
const least = (numbers: readonly number[]) => numbers.reduce((a, b) => Math.min(a, b), Infinity)
const errorsIn = (spans: readonly ModelSpan[]) =>
  spans.filter(({ status }) => status === 'error').length

/** Interpolated, as `quantile()` does with few values. */
function quantile(level: number, values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const at = level * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  return low === undefined || high === undefined ? undefined : low + (high - low) * (at % 1)
}

export function traces(
  spans: readonly ModelSpan[],
  search: Search,
  { limit, sort }: { limit: number; sort: 'newest' | 'slowest' | 'errors' },
): TraceRow[] {
  const found = grouped(
    spans.filter((span) => matches(span, search)),
    ({ traceId }) => traceId,
  )
  const start = (group: readonly ModelSpan[]) => least(group.map(({ startUs }) => startUs))
  const ranks: Record<typeof sort, Key<ModelSpan[]>[]> = {
    newest: [start],
    slowest: [(group) => most(group.map(({ durationNs }) => durationNs))],
    errors: [errorsIn, start],
  }
  const id: Key<ModelSpan[]> = (group) => group[0]?.traceId ?? ''
  const chosen = new Set(
    ordered(found, ...ranks[sort], id)
      .slice(0, limit)
      .map(id),
  )
  const rows = grouped(
    spans.filter(({ traceId }) => chosen.has(traceId)),
    ({ traceId }) => traceId,
  ).map(traceRow)
  const orders: Record<typeof sort, Key<TraceRow>[]> = {
    newest: [({ start_us }) => start_us],
    slowest: [({ duration_ns }) => duration_ns],
    errors: [({ errors }) => errors, ({ start_us }) => start_us],
  }
  return ordered(rows, ...orders[sort], ({ trace_id }) => trace_id)
}

function traceRow(spans: readonly ModelSpan[]): TraceRow {
  const first = (some: readonly ModelSpan[]) =>
    some.reduce((a, b) => (b.startUs < a.startUs ? b : a), some[0] as ModelSpan)
  const roots = spans.filter(isRoot)
  const root = first(roots.length > 0 ? roots : spans)
  const startUs = least(spans.map((span) => span.startUs))
  return {
    trace_id: root.traceId,
    start_us: startUs,
    duration_ns: most(spans.map((span) => (span.startUs - startUs) * 1000 + span.durationNs)),
    root_service: root.service,
    root_name: root.name,
    has_root: roots.length > 0,
    spans: spans.length,
    errors: errorsIn(spans),
    services: [...new Set(spans.map(({ service }) => service))].sort(byBytes),
  }
}

export function brief(span: ModelSpan): SpanBrief {
  return {
    trace_id: span.traceId,
    span_id: span.spanId,
    parent_span_id: span.parentSpanId,
    service: span.service,
    name: span.name,
    kind: span.kind,
    start_us: span.startUs,
    duration_ns: span.durationNs,
    status: span.status,
    status_message: span.message,
  }
}

export function spans(all: readonly ModelSpan[], search: Search, limit: number): SpanBrief[] {
  const found = all.filter((span) => matches(span, search)).map(brief)
  return ordered(
    found,
    ({ start_us }) => start_us,
    ({ trace_id }) => trace_id,
    ({ span_id }) => span_id,
  ).slice(0, limit)
}

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

const isCounted = ({ operation, kind, attributes, text }: Search) =>
  operation !== undefined || kind !== undefined || !!attributes?.length || !!text?.length

const counted = (all: readonly ModelSpan[], search: Search) =>
  all.filter((span) => matches(span, search) && (isCounted(search) || isRequest(span)))

const bucketOf = (us: number, bucketUs: number) => Math.floor(us / bucketUs) * bucketUs

export function rates(all: readonly ModelSpan[], search: Search, bucketUs: number): RateRow[] {
  const groups = grouped(counted(all, search), ({ startUs }) => bucketOf(startUs, bucketUs))
  const rows = groups.map((group) => {
    const durations = group.map(({ durationNs }) => durationNs)
    return {
      bucket_us: bucketOf(group[0]?.startUs ?? 0, bucketUs),
      requests: group.length,
      errors: errorsIn(group),
      p50_ns: quantile(0.5, durations) ?? null,
      p95_ns: quantile(0.95, durations) ?? null,
      p99_ns: quantile(0.99, durations) ?? null,
    }
  })
  return ordered(rows, ({ bucket_us }) => -bucket_us)
}

export function heat(all: readonly ModelSpan[], search: Search, bucketUs: number): HeatRow[] {
  const cellOf = ({ startUs, durationNs }: ModelSpan) => ({
    bucket_us: bucketOf(startUs, bucketUs),
    band: Math.floor(Math.log10(Math.max(durationNs, 1)) * 8),
  })
  const rows = grouped(counted(all, search), cellOf).map((group) => ({
    ...cellOf(group[0] as ModelSpan),
    count: group.length,
    errors: errorsIn(group),
  }))
  return ordered(
    rows,
    ({ bucket_us }) => -bucket_us,
    ({ band }) => -band,
  )
}

export function keys(all: readonly ModelSpan[], search: Search): KeyRow[] {
  const found = all
    .filter((span) => matches(span, search))
    .flatMap(({ attributes, resource }) => [
      ...Object.keys(attributes).map((key) => ({ key, place: 'span' })),
      ...['service.name', ...Object.keys(resource)].map((key) => ({ key, place: 'resource' })),
    ])
  const rows = grouped(found, (row) => row).map((group) => ({
    ...(group[0] as (typeof group)[number]),
    spans: group.length,
  }))
  return ordered(
    rows,
    ({ spans: count }) => count,
    ({ key }) => key,
    ({ place }) => place,
  )
}

export function values(
  all: readonly ModelSpan[],
  search: Search,
  read: (span: ModelSpan) => string | undefined,
  prefix = '',
): ValueRow[] {
  const found = all
    .filter((span) => matches(span, search))
    .map(read)
    .filter((value) => value !== undefined)
    .filter((value) => value.toLowerCase().startsWith(prefix.toLowerCase()))
    .filter((value) => Buffer.byteLength(value) <= 500)
  const rows = grouped(found, (value) => value).map((group) => ({
    value: group[0] ?? '',
    spans: group.length,
  }))
  return ordered(
    rows,
    ({ spans: count }) => count,
    ({ value }) => value,
  )
}
