import { setTimeout as sleep } from 'node:timers/promises'

/** The intended pace. On a busy machine it is as fast as the shop answers. */
export const REQUESTS_PER_SECOND = 60

// With more at once, latency would mostly be time in a queue that this load itself creates.
const MAX_WAITING = 24
const PATIENCE_MS = 10_000

/** Lets the services compile their code, so that the first figures do not show a cold start. */
export async function warmUp(url) {
  for (let i = 0; i < 15; i++) await Promise.all([visitShop(url), visitShop(url)])
}

/** Sends customers to the shop until it is told to stop. */
export function openLoad(url) {
  const visits = []
  const waiting = new Set()
  const startedAt = Date.now()
  let isOver = false

  async function send() {
    for (let dueAt = startedAt; !isOver; ) {
      const visit = visitShop(url).then((it) => visits.push(it) && waiting.delete(visit))
      waiting.add(visit)
      if (waiting.size >= MAX_WAITING) await Promise.race(waiting)
      dueAt = nextAfter(dueAt, Date.now())
      await sleep(dueAt - Date.now())
    }
  }
  const sending = send()
  return {
    /** Finished visits: `{ at, ms, failure }`; `failure` is undefined if all went well. */
    visits,
    /** Resolves with the seconds from the first customer's arrival until the last one has left. */
    async stop() {
      isOver = true
      await sending
      await Promise.all(waiting)
      return (Date.now() - startedAt) / 1000
    },
  }
}

/** When the next customer comes. Delays of up to 50 ms are caught up, to keep the pace; after a longer stall there is no rush. */
export function nextAfter(dueAt, now) {
  return Math.max(dueAt + (2000 * Math.random()) / REQUESTS_PER_SECOND, now - 50)
}

async function visitShop(url) {
  const visit = pickVisit()
  const at = Date.now()
  const start = performance.now()
  const failure = await ask(url, visit)
  return { at, ms: performance.now() - start, failure }
}

/** What went wrong, if anything, and whether the shop simulated it. */
async function ask(url, { method = 'GET', path, body }) {
  try {
    const response = await fetch(url + path, {
      method,
      headers: { 'content-type': 'application/json', 'x-user-id': body?.userId ?? pick(users) },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const { error, simulated } = await response.json()
    if (response.status < 400) return undefined
    return {
      what: `${simulated ?? error} (HTTP ${response.status})`,
      isSimulated: Boolean(simulated),
    }
  } catch (error) {
    const isLate = error.name === 'TimeoutError'
    const what = isLate
      ? `no answer within ${PATIENCE_MS / 1000} s`
      : `no answer (${error.cause?.code ?? error.message})`
    return { what, isSimulated: false }
  }
}

function pickVisit() {
  const luck = Math.random()
  if (luck < 0.15) return { path: '/' }
  if (luck < 0.5) return { path: `/products/${between(1, 10)}` }
  if (luck < 0.54) return { path: '/products/999' }
  if (luck < 0.56) return { path: '/products/13' }
  if (luck < 0.66) return { path: `/search?q=${pick(['Tea', 'S', 'o'])}` }
  const items = Array.from({ length: between(1, 4) }, () => between(1, 10))
  const body = { cartId: `cart-${between(1000, 9999)}`, userId: pick(users), items }
  if (luck < 0.85) return { method: 'POST', path: '/cart', body }
  return { method: 'POST', path: '/checkout', body: { ...body, amountCents: 990 * items.length } }
}

const users = ['u-1042', 'u-1077', 'u-2210', 'u-3008', 'u-4519', 'u-5120', 'u-7733', 'u-8101']
const pick = (list) => list[Math.floor(Math.random() * list.length)]
const between = (low, high) => low + Math.floor(Math.random() * (high - low + 1))
