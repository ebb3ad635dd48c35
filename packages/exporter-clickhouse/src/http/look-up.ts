import type { LookupAddress, LookupOptions } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { startDeadline, valueWithin } from '../common/deadline.js'
import { type Limit, newLimit } from '../common/limit.js'
import { withoutTracing } from '../common/suppress-tracing.js'

/** The arguments of the callback of `dns.lookup()`. */
type Answer = Parameters<Parameters<LookupFunction>[2]>

interface Name {
  /** One look-up at a time. */
  readonly turn: Limit
  /** Look-ups that have not ended, by their options: whoever asks the same meanwhile gets their answer. */
  readonly asked: Map<string, Promise<Answer>>
  /** Its last look-up was slow, or failed after a slow one. */
  isSlow: boolean
}

const SLOW_MS = 1000
// A name server is given up before. Whoever has replaced `dns.lookup()` may never answer.
const MAX_MS = 60_000
const names = new Map<string, Name>()
// Slow names wait for each other. Other names do not wait for them: their servers may be well.
const slowNames = newLimit(1)

/**
 * `dns.lookup()` for our connections. Node looks up two names at a time, for the whole process, and a name server that does not answer
 * keeps one of the two for seconds, longer than a request waits. If each request and ping asked anew, the application could not look
 * up `localhost` meanwhile. So each name, and all slow names together, take one of the two at most.
 */
export const lookUp: LookupFunction = (name, options, callback) => {
  void answerFor(name, options).then((answer) => callback(...answer))
}

/** All addresses of a name. Rejects if there are none, or no answer. */
export async function lookUpAll(name: string): Promise<readonly LookupAddress[]> {
  const [error, found] = await answerFor(name, { all: true })
  if (error) throw error
  return found as LookupAddress[]
}

function answerFor(hostname: string, options: LookupOptions): Promise<Answer> {
  const name = names.get(hostname) ?? { turn: newLimit(1), asked: new Map(), isSlow: false }
  names.set(hostname, name)
  const { turn, asked } = name
  const key = JSON.stringify(options)
  const same = asked.get(key)
  if (same) return same
  const look = async (): Promise<Answer> => {
    let isLate = false
    const cancel = startDeadline(SLOW_MS, () => (isLate = true), { ref: false })
    const answer = await valueWithin(MAX_MS, () => answerOf(hostname, options), { ref: false })
    cancel()
    // An error that comes quickly does not show that the next look-up is quick.
    name.isSlow = isLate || (name.isSlow && answer?.[0] !== null)
    return answer ?? [new Error(`the name ${hostname} was not looked up within ${MAX_MS} ms`), '']
  }
  const answer = turn
    .run(() => (name.isSlow ? slowNames.run(look) : look()))
    .finally(() => asked.delete(key))
  asked.set(key, answer)
  return answer
}

function answerOf(hostname: string, options: LookupOptions): Promise<Answer> {
  return new Promise((resolve) => {
    const answered = (...answer: unknown[]) => resolve(answer as Answer)
    try {
      // Loaded only when a name is looked up: it opens a channel to the name servers as soon as it is loaded, and an application that does
      // not use it would have it instrumented.
      const dns = process.getBuiltinModule('node:dns')
      withoutTracing(() => dns.lookup(hostname, options, answered))
    } catch (error) {
      answered(error) // it throws if it cannot use an option
    }
  })
}
