import { commitsAndResets, insertsOnly, replies } from '../../kit/behaviours.js'
import { readInsert } from '../../kit/insert-request.js'
import { isPoison } from '../../kit/numbered-records.mjs'
import { answer, type Behaviour } from '../../kit/scripted-clickhouse.js'
import { MISBEHAVIOURS } from '../misbehaviours.js'
import type { Random } from '../seed.js'

/** More rows at once are refused, now and always: a limit that changed would divide batches that are stored. */
export const MAX_ROWS = 70

/** The behaviour of the front without a fault. */
export const usualBehaviour: Behaviour = insertsOnly(async (exchange) => {
  const rows = readInsert(await exchange.whole())?.rows.length ?? 0
  if (rows <= MAX_ROWS) return answer(exchange)
  await replies({ status: 413, headers: {}, body: 'Request Entity Too Large' })(exchange)
})

/** Misbehaves in every known way, some of the time. */
export function flaky(random: Random, probability: number, met: (name: string) => void): Behaviour {
  return insertsOnly(async (exchange) => {
    const { name, does } = random.pick(MISBEHAVIOURS)
    const rows = readInsert(await exchange.whole())?.rows ?? []
    // No exporter can survive an answer that refused rows are stored.
    const isWelcome = rows.length <= MAX_ROWS && !rows.some(isPoison)
    if (!isWelcome || !random.chance(probability)) return usualBehaviour(exchange)
    met(name)
    return does(exchange)
  })
}

/** Loses every first answer after the commit. */
export function losesAnswers(): Behaviour {
  const seen = new Set<string>()
  return insertsOnly(async (exchange) => {
    const insert = readInsert(await exchange.whole())
    if (!insert?.token || insert.rows.length > MAX_ROWS || seen.has(insert.token))
      return usualBehaviour(exchange)
    seen.add(insert.token)
    return commitsAndResets(exchange)
  })
}

/** Ends connections at the moment they are used again, and reports for which request. */
export function stale(reset: (queryId: string) => void): Behaviour {
  return (exchange) => {
    if (exchange.nth === 0) return usualBehaviour(exchange)
    const queryId = /[?&]query_id=([\w-]+)/.exec(exchange.head.target)?.[1]
    if (queryId !== undefined) reset(queryId)
    exchange.reset()
  }
}
