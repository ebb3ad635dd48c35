export type { Parameter, Query } from './ask/query.js'
export type * from './ask/rows.js'
export type { AttributeCondition, Search } from './search/search.js'
export type { Field, ServerColumn, SpanTable } from './table/span-table.js'
