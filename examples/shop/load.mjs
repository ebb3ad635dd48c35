import { setTimeout as sleep } from 'node:timers/promises'

export const REQUESTS_PER_SECOND = 60

/** Sends customers to the shop until the time is up, at the same pace however slow the answers are. */
export async function load(url, seconds, signal) {
  const answers = { requests: 0, failed: 0 }
  const open = new Set()
  const start = Date.now()
  for (let sent = 0; Date.now() < start + seconds * 1000; sent++) {
    const visit = visitShop(url)
      .catch(() => 0)
      .then((status) => {
        answers.requests++
        if (status === 0 || status >= 500) answers.failed++
        open.delete(visit)
      })
    open.add(visit)
    const nextAt = start + ((sent + Math.random()) * 1000) / REQUESTS_PER_SECOND
    await sleep(Math.max(1, nextAt - Date.now()), undefined, { signal })
  }
  await Promise.all(open)
  return answers
}

async function visitShop(url) {
  const { method = 'GET', path, body } = pickVisit()
  const response = await fetch(url + path, {
    method,
    headers: { 'content-type': 'application/json', 'x-user-id': body?.userId ?? pick(users) },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(10_000),
  })
  await response.arrayBuffer()
  return response.status
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
