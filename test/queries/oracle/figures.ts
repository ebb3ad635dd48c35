import type {
  HeatRow,
  KeyRow,
  RateRow,
  Search,
  ValueRow,
} from '../../../packages/queries/src/index.js'
import type { ModelSpan } from '../kit/model.js'
import { errorsIn, grouped, ordered, quantile } from './lists.js'
import { isRequest, matches } from './matches.js'

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
