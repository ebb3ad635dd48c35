import { createHash } from 'node:crypto'

export type Row = Record<string, unknown>

/** One INSERT of one block. */
export interface Block {
  /** Undefined: the server was given none, or gathers blocks itself (`async_insert`). */
  readonly token: string | undefined
  readonly rows: readonly Row[]
}

/**
 * A table that deduplicates as a MergeTree does: the tokens of the last `window` blocks are known, and a block
 * with one of those is taken and forgotten. Without a token, or with a window of 0, it is stored again.
 */
export class MemoryTable {
  readonly rows: Row[] = []
  /** Blocks that were recognised and not stored again. */
  deduplicated = 0
  /** Tokens that came again with other rows: those rows are lost, and the sender is at fault. */
  readonly misused: string[] = []
  readonly #window: number
  readonly #known = new Map<string, string>()

  constructor(window = 10_000) {
    this.#window = window
  }

  get window(): number {
    return this.#window
  }

  insert({ token, rows }: Block): void {
    if (token !== undefined && this.#window > 0) {
      const digest = digestOf(rows)
      const known = this.#known.get(token)
      if (known !== undefined) {
        this.deduplicated++
        if (known !== digest) this.misused.push(token)
        return
      }
      this.#known.set(token, digest)
      const [oldest] = this.#known.keys()
      if (this.#known.size > this.#window && oldest !== undefined) this.#known.delete(oldest)
    }
    for (const row of rows) this.rows.push(row)
  }
}

/** The same text for the same rows, in any order of their columns. */
export function digestOf(rows: readonly Row[]): string {
  const hash = createHash('sha256')
  for (const row of rows)
    hash.update(JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1))))
  return hash.digest('hex')
}
