import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import {
  type Insert,
  quotedName,
  type TableName,
  tableNameOf,
  tableOf,
} from '../clickhouse/insert.js'
import type { Sender } from '../clickhouse/sender.js'
import { clock } from '../common/clock.js'
import { within } from '../common/deadline.js'
import { ClickHouseError, errorText } from '../common/errors.js'
import { ownFiles } from '../common/own-files.js'
import type { DestinationConfig } from '../config/config.js'
import { nameOnDisk } from '../config/name-on-disk.js'
import { createDeadLetters } from './dead-letter-table.js'

/** A row that ClickHouse will never take. */
export interface DeadLetter {
  /** JSON text. */
  readonly row: string
  readonly error: Error
  readonly attempts: number
  readonly insert: Insert
  /** The table that refused it. */
  readonly table: string
}

/** Keeps the rows that one destination will never take. */
export interface DeadLetters {
  /** Resolves with an error if the row could not be kept, else with undefined. Never rejects. */
  keep(letter: DeadLetter): Promise<Error | undefined>
}

// A disk that hangs must not hold up good rows.
const KEEP_DEADLINE_MS = 5000
const NEWLINE = 0x0a

/** Rejects if the letter could not be kept. `givenUp` aborts when nobody waits for it any more. */
type Keep = (letter: DeadLetter, givenUp: AbortSignal) => Promise<void>

export function openDeadLetters(
  config: DestinationConfig,
  sender: Sender,
): DeadLetters | undefined {
  const { deadLetter } = config
  if (!deadLetter) return undefined
  const keep =
    'directory' in deadLetter ? toFile(config, deadLetter) : toTable(config, deadLetter, sender)
  return {
    async keep(letter) {
      let problem: Error | undefined = new Error(`not written within ${KEEP_DEADLINE_MS / 1000} s`)
      const work = async (givenUp: AbortSignal) => {
        try {
          await keep(letter, givenUp)
          problem = undefined
        } catch (error) {
          problem = error as Error
        }
      }
      await within(KEEP_DEADLINE_MS, work, { ref: false })
      return problem
    },
  }
}

function toFile(
  { name, signal }: DestinationConfig,
  { directory, maxBytes }: { directory: string; maxBytes: number },
): Keep {
  const fs = ownFiles(directory)
  const file = join(directory, `${nameOnDisk({ name, signal })}.ndjson`)
  let last: Promise<unknown> = Promise.resolve()
  /** The append under way was given up, and has not ended. */
  let isOverdue = false

  async function append(
    { row, error, attempts, insert, table }: DeadLetter,
    givenUp: AbortSignal,
  ): Promise<void> {
    const line = `${JSON.stringify({
      time: new Date(clock.unixMs()).toISOString(),
      destination: name,
      signal,
      database: tableNameOf(tableOf(insert)).database,
      table,
      code: error instanceof ClickHouseError ? error.code : 0,
      message: errorText(error),
      attempts,
      token: insert.settings['insert_deduplication_token'] ?? '',
      row,
    })}\n`
    await fs.mkdir(directory, { recursive: true, mode: 0o700 })
    const size = await fs.stat(file).then(
      (found) => found.size,
      () => 0,
    )
    if (size + Buffer.byteLength(line) > maxBytes)
      throw new Error(`${file} is full (${maxBytes} bytes)`)
    const text = (await isTorn(fs, file, size)) ? `\n${line}` : line
    givenUp.throwIfAborted()
    await fs.appendFile(file, text, { mode: 0o600 })
  }

  async function appendInTurn(letter: DeadLetter, givenUp: AbortSignal): Promise<void> {
    givenUp.throwIfAborted() // given up, and counted as lost, while it waited for its turn
    const overdue = () => {
      isOverdue = true
    }
    givenUp.addEventListener('abort', overdue)
    try {
      await append(letter, givenUp)
    } finally {
      givenUp.removeEventListener('abort', overdue) // it also aborts when all is well
      isOverdue = false
    }
  }

  return (letter, givenUp) => {
    // A row may have megabytes, and behind a call that hangs they would gather without bound.
    if (isOverdue) return Promise.reject(new Error('the disk does not answer'))
    // One after the other, because each checks the size of the file before it appends.
    const kept = last.then(() => appendInTurn(letter, givenUp))
    last = kept.catch(() => {})
    return kept
  }
}

/** Whether a full disk or a killed process cut the last line short. The next line then needs a line break before it, or it would be lost. */
async function isTorn(
  fs: ReturnType<typeof ownFiles>,
  file: string,
  size: number,
): Promise<boolean> {
  if (size === 0) return false
  const handle = await fs.open(file)
  try {
    const last = Buffer.alloc(1)
    await handle.read(last, 0, 1, size - 1)
    return last[0] !== NEWLINE
  } finally {
    await handle.close()
  }
}

function toTable(
  { name, signal, targets }: DestinationConfig,
  deadTable: TableName,
  sender: Sender,
): Keep {
  const place = quotedName(deadTable)
  const [{ database, table: beside, creation }] = targets
  const create = createDeadLetters(deadTable, { ...creation, database, table: beside })

  return async ({ row, error, attempts, insert, table }: DeadLetter): Promise<void> => {
    const letter = JSON.stringify({
      event: randomUUID(),
      dlq_name: table,
      source_nanos: String(BigInt(clock.unixMs()) * 1_000_000n),
      source_logical: attempts,
      data_after: row,
      data_before: JSON.stringify({
        destination: name,
        signal,
        database: tableNameOf(tableOf(insert)).database,
        code: error instanceof ClickHouseError ? error.code : 0,
        message: errorText(error),
        token: insert.settings['insert_deduplication_token'] ?? '',
      }),
    })
    const statement = `INSERT INTO ${place} FORMAT JSONEachRow ${letter}`
    let { outcome } = await sender.run(statement, false)
    if (outcome.status === 'missing_table') {
      await sender.run(create)
      outcome = (await sender.run(statement, false)).outcome
    }
    if (outcome.status !== 'delivered') throw outcome.error
  }
}
