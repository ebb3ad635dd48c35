import {
  edgesQuery,
  extentQuery,
  heatQuery,
  keysQuery,
  MAX_EDGES,
  MAX_SERVICES,
  operationNamesQuery,
  operationsQuery,
  type Query,
  ratesQuery,
  type SpanTable,
  servicesQuery,
  spansQuery,
  traceQuery,
  tracesQuery,
  valuesQuery,
} from '@spanhouse/queries'
import type { LogsOptions } from '../clickhouse/trace-logs.js'
import {
  type Asked,
  limitIn,
  numberIn,
  oneOf,
  requiredNumber,
  requiredText,
  searchIn,
  textIn,
} from './asked.js'

export interface NamedQuery {
  readonly query: Query<unknown>
  /** More rows than this are not asked for. */
  readonly limit?: number
}

type Maker = (table: SpanTable, asked: Asked) => NamedQuery

/** What the page may ask of a table of spans, by the last part of the path. */
export const NAMED_QUERIES: Readonly<Record<string, Maker>> = {
  traces: (table, asked) => {
    const limit = limitIn(asked, 100, 5000)
    const sort = oneOf(asked, 'sort', ['newest', 'slowest', 'errors'])
    return { query: tracesQuery(table, searchIn(asked), { limit, ...(sort && { sort }) }), limit }
  },
  trace: (table, asked) => {
    const limit = limitIn(asked, 20_000, 100_000)
    const aroundUs = numberIn(asked, 'around')
    const options = { limit, ...(aroundUs !== undefined && { aroundUs }) }
    return { query: traceQuery(table, requiredText(asked, 'id'), options), limit }
  },
  spans: (table, asked) => {
    const limit = limitIn(asked, 200, 5000)
    return { query: spansQuery(table, searchIn(asked), { limit }), limit }
  },
  services: (table, asked) => ({
    query: servicesQuery(table, searchIn(asked)),
    limit: MAX_SERVICES,
  }),
  operations: (table, asked) => {
    const limit = limitIn(asked, 100, 5000)
    const sort = oneOf(asked, 'sort', ['total', 'count', 'errors', 'p50', 'p95', 'p99', 'max'])
    return { query: operationsQuery(table, searchIn(asked), { limit, sort }), limit }
  },
  edges: (table, asked) => ({ query: edgesQuery(table, searchIn(asked)), limit: MAX_EDGES }),
  rates: (table, asked) => ({
    query: ratesQuery(table, searchIn(asked), { bucketUs: requiredNumber(asked, 'bucket') }),
  }),
  heat: (table, asked) => ({
    query: heatQuery(table, searchIn(asked), { bucketUs: requiredNumber(asked, 'bucket') }),
  }),
  keys: (table, asked) => {
    const limit = limitIn(asked, 1000, 1000)
    return { query: keysQuery(table, searchIn(asked), { limit }), limit }
  },
  values: (table, asked) => {
    const limit = limitIn(asked, 200, 1000)
    const key = requiredText(asked, 'key')
    const place = oneOf(asked, 'place', ['span', 'resource']) ?? 'span'
    const options = { key, place, prefix: textIn(asked, 'prefix'), limit }
    return { query: valuesQuery(table, searchIn(asked), options), limit }
  },
  'operation-names': (table, asked) => {
    const limit = limitIn(asked, 200, 1000)
    const options = { prefix: textIn(asked, 'prefix'), limit }
    return { query: operationNamesQuery(table, searchIn(asked), options), limit }
  },
  extent: (table) => ({ query: extentQuery(table) }),
}

/** What the page asks of the tables of logs, as `logs`: the lines of one trace. */
export function askedLogs(asked: Asked): { readonly id: string } & LogsOptions {
  return {
    id: requiredText(asked, 'id'),
    limit: limitIn(asked, 1000, 10_000),
    aroundUs: numberIn(asked, 'around'),
  }
}
