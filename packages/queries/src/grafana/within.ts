import { indented } from '../ask/layout.js'

/** A question in the FROM of another one. */
export const within = (sql: string): string => indented({ sql }, 2)
