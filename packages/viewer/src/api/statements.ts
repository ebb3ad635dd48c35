import { signal } from '@preact/signals'
import type { Answer } from './answers.js'

/** The last statement of each query of the view, for the drawer that shows them. */
export interface Statement {
  readonly sql: string
  readonly elapsedMs: number
  readonly rowsRead: number
  readonly rows: number
}

export const statements = signal<ReadonlyMap<string, Statement>>(new Map())

export function noteStatement(name: string, answer: Answer<unknown>): void {
  const { sql, elapsedMs, rowsRead, rows } = answer
  const next = new Map(statements.peek())
  statements.value = next.set(name, { sql, elapsedMs, rowsRead, rows: rows.length })
}

/** Another view asks other queries. */
export function forgetStatements(): void {
  statements.value = new Map()
}
