import { setTimeout as sleep } from 'node:timers/promises'
import { type Exception, exception, type Style } from './exceptions.js'
import { type Reply, wireOf } from './http-wire.js'
import { answer, type Behaviour, type Exchange } from './scripted-clickhouse.js'

// Each is what a server does with one request. The first half of the name says whether the rows are in the table.

/** Sends this reply and does nothing else. */
export const replies =
  (reply: Reply | ((exchange: Exchange) => Reply)): Behaviour =>
  async (exchange) => {
    await exchange.whole()
    await exchange.send(wireOf(typeof reply === 'function' ? reply(exchange) : reply))
  }

/** Answers that it has failed, and stores nothing. */
export const throws = (what: Exception, style?: Style): Behaviour => replies(exception(what, style))

/** Stores the rows, and answers that it has failed. */
export const commitsAndThrows =
  (what: Exception, style?: Style): Behaviour =>
  async (exchange) => {
    await exchange.commit()
    await exchange.send(wireOf(exception(what, style)))
  }

/** Stores the rows, and then sends something else. The bytes that follow on the connection belong to no answer. */
export const commitsAndSends =
  (bytes: string | Buffer, then: 'reset' | 'hangUp' | 'wait' | 'go on' = 'hangUp'): Behaviour =>
  async (exchange) => {
    await exchange.commit()
    await exchange.send(bytes)
    if (then === 'wait') await exchange.gone
    else if (then !== 'go on') exchange[then]()
  }

export const commitsAndResets: Behaviour = commitsAndSends('', 'reset')
export const commitsAndHangsUp: Behaviour = commitsAndSends('', 'hangUp')
export const commitsAndIsSilent: Behaviour = commitsAndSends('', 'wait')

/** Stores the rows, and sends only so many bytes of the right answer. */
export const commitsAndCuts =
  (bytes: number): Behaviour =>
  async (exchange) => {
    const reply = wireOf(await exchange.commit())
    await exchange.send(reply.subarray(0, bytes))
    exchange.reset()
  }

/** Reads so many bytes of the body, then ends the connection. */
export const readsAndEnds =
  (bytes: number, how: 'reset' | 'hangUp' = 'reset'): Behaviour =>
  async (exchange) => {
    await exchange.read(bytes)
    exchange[how]()
  }

/** Reads so many bytes of the body, no more, and does not answer. */
export const readsAndStops =
  (bytes: number): Behaviour =>
  async (exchange) => {
    await exchange.read(bytes)
    await exchange.gone
  }

/** Stores the rows, and sends the answer a byte at a time. */
export const commitsAndTrickles =
  (everyMs: number): Behaviour =>
  async (exchange) => {
    const reply = wireOf(await exchange.commit())
    for (let at = 0; at < reply.length && !exchange.connection.destroyed; at++) {
      await exchange.send(reply.subarray(at, at + 1))
      await sleep(everyMs)
    }
  }

/** Stores the rows, and sends an answer that never ends while the client reads. */
export const commitsAndNeverEnds =
  (head: string, chunk: string, everyMs = 0): Behaviour =>
  async (exchange) => {
    await exchange.commit()
    await exchange.send(head)
    while (!exchange.connection.destroyed) {
      await exchange.send(chunk)
      await sleep(everyMs)
    }
  }

/** Answers correctly, and ends the connection when the next request begins on it: the race of a kept connection. */
export const closesWhenUsedAgain: Behaviour = async (exchange) => {
  if (exchange.nth === 0) return answer(exchange)
  exchange.reset()
}

/** One behaviour the first time a token is seen, then another. Requests that are not INSERTs are answered. */
export function oncePerToken(first: Behaviour, then: Behaviour = answer): Behaviour {
  return timesPerToken(1, first, then)
}

export function timesPerToken(
  times: number,
  first: Behaviour,
  then: Behaviour = answer,
): Behaviour {
  const seen = new Map<string, number>()
  return insertsOnly((exchange) => {
    const token = /insert_deduplication_token=([\w-]+)/.exec(exchange.head.target)?.[1] ?? ''
    const before = seen.get(token) ?? 0
    seen.set(token, before + 1)
    return before < times ? first(exchange) : then(exchange)
  })
}

export function insertsOnly(behaviour: Behaviour): Behaviour {
  return (exchange) => (exchange.isInsert ? behaviour(exchange) : answer(exchange))
}
