import {
  commitsAndCuts,
  commitsAndResets,
  commitsAndSends,
  commitsAndThrows,
  readsAndEnds,
  replies,
  throws,
} from '../../kit/behaviours.js'
import { MemoryClickHouse } from '../../kit/clickhouse-backend.js'
import { wireOf } from '../../kit/http-wire.js'
import { type InsertRequest, readInsert } from '../../kit/insert-request.js'
import type { Row } from '../../kit/memory-table.js'
import { isPoison, type SignalName } from '../../kit/numbered-records.mjs'
import {
  answer,
  type Behaviour,
  type Exchange,
  ScriptedClickHouse,
} from '../../kit/scripted-clickhouse.js'
import { DATABASE, DEAD_TABLE, type DestinationPlan } from './plan.js'

/** Ways to answer an INSERT, at least one of each class. */
export const ANSWERS = {
  well: answer,
  'stored, then reset': commitsAndResets,
  'stored, then cut': commitsAndCuts(30),
  'stored, then garbage': commitsAndSends('garbage\r\n\r\n'),
  'stored, then UNKNOWN_STATUS_OF_INSERT': commitsAndThrows({ code: 319 }),
  'stored, then 502': async (exchange: Exchange) => {
    await exchange.commit()
    await replies({ status: 502, headers: {}, body: '' })(exchange)
  },
  'reset, nothing stored': readsAndEnds(Number.POSITIVE_INFINITY),
  'UNKNOWN_STATUS_OF_INSERT, nothing stored': throws({ code: 319 }),
  'a code of the future': throws({ code: 4711 }),
  'read-only': throws({ code: 242 }),
  'too many parts': throws({ code: 252, message: 'Too many parts (301)' }),
  '503, come again in 2 s': replies({ status: 503, headers: { 'retry-after': '2' }, body: '' }),
  'wrong password': throws({ code: 516, name: 'AUTHENTICATION_FAILED' }),
  'no such column': throws({ code: 16, name: 'NO_SUCH_COLUMN_IN_TABLE' }),
  'a redirect': replies({ status: 301, headers: { location: 'http://elsewhere.test/' }, body: '' }),
  '200 with an exception in a header': throws({ code: 209 }, '200 and header'),
  '200 with an exception in the body': throws({ code: 241 }, '200 and tail'),
  'no such table': throws({ code: 60, name: 'UNKNOWN_TABLE' }),
  'an unknown setting': throws({
    code: 115,
    message: "Unknown setting 'deduplicate_blocks_in_dependent_materialized_views'",
  }),
} satisfies Record<string, Behaviour>

export type Answer = keyof typeof ANSWERS

const UNAVAILABLE: Answer = '503, come again in 2 s'

/** After five of these answers the exporter believes that the server refuses the rows, although the rows are good. */
export const REFUSALS: ReadonlySet<Answer> = new Set([
  'a code of the future',
  'wrong password',
  'no such column',
  'a redirect',
  'an unknown setting',
])

interface Held {
  readonly exchange: Exchange
  readonly answered: (how: Answer) => void
}

/** A server whose INSERTs wait until the model answers them. */
export class HeldServer {
  readonly server: ScriptedClickHouse
  readonly memory: MemoryClickHouse
  /** `hold`: INSERTs wait. `answer`: nothing waits. `hang`: nothing is answered, not even a ping. */
  mode: 'hold' | 'answer' | 'hang' = 'hold'
  /** Rows of INSERTs that were answered with success, by process and table. */
  readonly #acknowledged = new Map<string, number>()
  /** How often each answer was given. */
  readonly given = new Map<Answer, number>()
  readonly #held = new Set<Held>()
  /** The process that sends requests now. */
  life = 0
  /** Since the server has said that it is unavailable, and until it answers something else, one INSERT at a time may come, whatever its signal. */
  /** The process that was told so. */
  #toldLife: number | undefined
  readonly #underWay = new Set<Exchange>()
  /** INSERTs that came beside another one meanwhile. */
  crowded = 0

  constructor(plan: DestinationPlan) {
    this.memory = new MemoryClickHouse({
      window: plan.window,
      missing: !plan.created,
      refuses: isPoison,
      maxRows: plan.maxRows,
    })
    this.server = new ScriptedClickHouse(this.memory, (exchange) => this.#receive(exchange))
  }

  rows(signal: SignalName): readonly Row[] {
    return this.memory.table(`${DATABASE}.${signal}`).rows
  }

  letters(signal: SignalName): readonly Row[] {
    const { rows } = this.memory.table(`${DATABASE}.${DEAD_TABLE}`)
    return rows.filter((row) => row['dlq_name'] === signal)
  }

  acknowledged(life: number, signal: SignalName): number {
    return this.#acknowledged.get(`${life} ${DATABASE}.${signal}`) ?? 0
  }

  get held(): number {
    return this.#held.size
  }

  /** Answers the n-th waiting INSERT, if there is one. */
  answer(n: number, how: Answer): void {
    const held = [...this.#held][n % Math.max(this.#held.size, 1)]
    if (!held) return
    this.#held.delete(held)
    held.answered(how)
  }

  /** From now on every request is answered with success. */
  heal(): void {
    this.mode = 'answer'
    while (this.#held.size > 0) this.answer(0, 'well')
  }

  async #receive(exchange: Exchange): Promise<void> {
    if (!exchange.isInsert) return this.#handle(exchange) // a ping asks whether a long request still has a server
    this.#underWay.add(exchange)
    if (this.#toldLife === this.life && [...this.#underWay].filter(isWaitedFor).length > 1)
      this.crowded++
    try {
      await Promise.race([this.#handle(exchange), exchange.gone])
    } finally {
      this.#underWay.delete(exchange)
    }
  }

  async #handle(exchange: Exchange): Promise<void> {
    const { life } = this
    if (this.mode === 'hang') return exchange.gone
    if (!exchange.isInsert) {
      this.#toldLife = undefined
      return answer(exchange)
    }
    const insert = readInsert(await exchange.whole())
    const how = this.mode === 'answer' ? 'well' : await this.#word(exchange)
    this.given.set(how, (this.given.get(how) ?? 0) + 1)
    const others = [...this.#underWay].filter((one) => one !== exchange && isWaitedFor(one))
    this.#toldLife = how === UNAVAILABLE && others.length === 0 ? life : undefined
    if (how !== 'well') return ANSWERS[how](exchange)
    const reply = await exchange.commit()
    if (reply.status === 200) this.#acknowledge(life, insert)
    await exchange.send(wireOf(reply))
  }

  #acknowledge(life: number, insert: InsertRequest | undefined): void {
    const key = `${life} ${insert?.table}`
    this.#acknowledged.set(key, (this.#acknowledged.get(key) ?? 0) + (insert?.rows.length ?? 0))
  }

  #word(exchange: Exchange): Promise<Answer> {
    return new Promise((answered) => {
      this.#held.add({ exchange, answered })
    })
  }
}

/** Whether the client still holds its end of the connection: while an INSERT is held, the server does not read that it has gone. */
function isWaitedFor({ connection }: Exchange): boolean {
  const { peer } = connection as { peer?: { destroyed: boolean } }
  return peer?.destroyed !== true
}
