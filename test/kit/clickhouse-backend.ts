import { Agent, request } from 'node:http'
import { exception } from './exceptions.js'
import type { Reply } from './http-wire.js'
import { type RawRequest, readInsert, readStatement, tableOf } from './insert-request.js'
import { MemoryTable, type Row } from './memory-table.js'

/** Stores the rows behind a server that misbehaves. */
export interface Backend {
  execute(request: RawRequest): Promise<Reply>
}

export interface MemoryOptions {
  /** `non_replicated_deduplication_window` of its tables. */
  readonly window?: number
  /** Whether a table must be created before it takes rows. */
  readonly missing?: boolean
  /** Rows that are refused at every attempt. */
  readonly refuses?: (row: Row) => boolean
  /** An INSERT of more rows is refused because of their number. */
  readonly maxRows?: number
}

const OK: Reply = { status: 200, headers: { 'x-clickhouse-summary': '{}' }, body: '' }

/** Tables in memory, with the answers that the exporter's statements get from a real server. */
export class MemoryClickHouse implements Backend {
  readonly #options: MemoryOptions
  readonly #tables = new Map<string, MemoryTable>()

  constructor(options: MemoryOptions = {}) {
    this.#options = options
  }

  /** Made when it is first used, unless it must be created. */
  table(name: string): MemoryTable {
    const table = this.#tables.get(name) ?? new MemoryTable(this.#options.window)
    this.#tables.set(name, table)
    return table
  }

  async execute(raw: RawRequest): Promise<Reply> {
    if (raw.head.target.endsWith('/ping')) return { ...OK, body: 'Ok.\n' }
    try {
      const insert = readInsert(raw)
      return insert ? this.#insert(insert) : this.#run(readStatement(raw))
    } catch (error) {
      // A body whose checksum does not fit, or that is no JSON.
      return exception({
        code: 27,
        message: String(error),
        name: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
      })
    }
  }

  #insert({
    table: name,
    token,
    settings,
    rows,
  }: NonNullable<ReturnType<typeof readInsert>>): Reply {
    const { missing, refuses, maxRows } = this.#options
    if (missing && !this.#tables.has(name))
      return exception({ code: 60, name: 'UNKNOWN_TABLE', message: `Table ${name} does not exist` })
    if (rows.length > (maxRows ?? Number.POSITIVE_INFINITY))
      return { status: 413, headers: {}, body: 'Request Entity Too Large' }
    const bad = refuses ? rows.findIndex(refuses) : -1
    if (bad >= 0)
      return exception({
        code: 27,
        name: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
        message: `Cannot parse input: expected '"' before: '...': (at row ${bad + 1})`,
      })
    const deduplicates = settings['async_insert'] !== '1' && settings['insert_deduplicate'] !== '0'
    this.table(name).insert({ token: deduplicates ? token : undefined, rows })
    return OK
  }

  #run(statement: string): Reply {
    const created = /^CREATE TABLE IF NOT EXISTS (\S+)/.exec(statement)?.[1]
    if (created !== undefined) this.table(tableOf(`INSERT INTO ${created} `))
    const letter = /^(INSERT INTO \S+ )FORMAT JSONEachRow (\{.*)/s.exec(statement)
    if (letter) {
      const name = tableOf(letter[1] as string)
      if (this.#options.missing && !this.#tables.has(name))
        return exception({ code: 60, name: 'UNKNOWN_TABLE', message: 'It does not exist' })
      this.table(name).insert({ token: undefined, rows: [JSON.parse(letter[2] as string)] })
    }
    return statement.startsWith('SELECT engine') ? { ...OK, body: this.#engine(statement) } : OK
  }

  #engine(statement: string): string {
    const [, database, table] = /database = '(.*?)' AND name = '(.*?)'/.exec(statement) ?? []
    const { window } = this.table(`${database}.${table}`)
    return `["MergeTree","MergeTree ORDER BY x SETTINGS non_replicated_deduplication_window = ${window}"]\n`
  }
}

/** The database or table for the rows does not exist. */
export class BackendGone extends Error {}

/** A real server. Its replies are passed on whole. */
export function realClickHouse(port: () => number): Backend & { close(): void } {
  const agent = new Agent({ keepAlive: true })
  return {
    close: () => agent.destroy(),
    execute({ head: { method, target, headers }, body }) {
      return new Promise((resolve, reject) => {
        const gone = (error: Error) => reject(new BackendGone(error.message))
        const { connection: _, ...kept } = headers
        const options = {
          host: '127.0.0.1',
          port: port(),
          agent,
          method,
          path: target,
          headers: kept,
        }
        const forwarded = request(options, (res) => {
          const chunks: Buffer[] = []
          res.on('data', (chunk: Buffer) => chunks.push(chunk))
          res.on('error', gone)
          res.on('end', () => {
            const { connection, 'transfer-encoding': _, ...named } = res.headers
            resolve({
              status: res.statusCode ?? 0,
              headers: named as Record<string, string>,
              body: Buffer.concat(chunks).toString(),
            })
          })
        })
        forwarded.on('error', gone)
        forwarded.setTimeout(30_000, () =>
          forwarded.destroy(new Error('the real server is silent')),
        )
        forwarded.end(body)
      })
    },
  }
}
