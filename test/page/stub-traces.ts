import type { HeatRow, RateRow, TraceRow } from '../../packages/queries/src/index.js'

/** Numbers that look random and are always the same. */
export function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const ROOTS = [
  ['storefront', 'GET /products/:id'],
  ['storefront', 'POST /cart/checkout'],
  ['storefront', 'GET /'],
  ['payment', 'POST /charge'],
  ['worker', 'process orders.created'],
] as const
const SERVICES = ['storefront', 'catalog', 'payment', 'inventory', 'worker', 'mailer']

/** Traces that start one after another before `endUs`, the newest first. */
export function stubTraces(count: number, endUs: number, everyUs = 700_000): TraceRow[] {
  const roll = dice(7)
  return Array.from({ length: count }, (_, i) => {
    const [root_service, root_name] = ROOTS[Math.floor(roll() * ROOTS.length)] ?? ROOTS[0]
    const others = SERVICES.filter((name) => name !== root_service && roll() < 0.4)
    return {
      trace_id: (i + 1).toString(16).padStart(32, '0'),
      start_us: Math.round(endUs - i * everyUs),
      duration_ns: Math.round(10 ** (6 + roll() * 2.6)),
      root_service,
      root_name,
      has_root: roll() > 0.02,
      spans: 1 + Math.floor(roll() * 40),
      errors: roll() < 0.08 ? 1 + Math.floor(roll() * 3) : 0,
      services: [root_service, ...others],
    }
  })
}

/** As the server makes it: requests in cells of time and duration. */
export function stubHeat(fromUs: number, toUs: number, stepUs: number): HeatRow[] {
  const roll = dice(11)
  const rows: HeatRow[] = []
  for (let us = Math.ceil(fromUs / stepUs) * stepUs; us < toUs; us += stepUs)
    for (let band = 46; band < 70; band++) {
      const expected =
        60 * Math.exp(-((band - 53) ** 2) / 14) + 6 * Math.exp(-((band - 64) ** 2) / 6)
      const count = Math.floor(expected * roll())
      if (count > 0)
        rows.push({
          bucket_us: us,
          band,
          count,
          errors: band > 62 ? Math.floor(count * roll() * 0.6) : 0,
        })
    }
  return rows
}

export function stubRates(fromUs: number, toUs: number, stepUs: number): RateRow[] {
  const roll = dice(13)
  const rows: RateRow[] = []
  for (let us = Math.ceil(fromUs / stepUs) * stepUs; us < toUs; us += stepUs) {
    const requests = Math.floor(120 + 60 * Math.sin(us / stepUs / 9) + 30 * roll())
    rows.push({
      bucket_us: us,
      requests,
      errors: Math.floor(requests * 0.06 * roll()),
      p50_ns: 4.5e6 * (0.9 + 0.2 * roll()),
      p95_ns: 3.2e7 * (0.8 + 0.4 * roll()),
      p99_ns: 1.4e8 * (0.8 + 0.4 * roll()),
    })
  }
  return rows
}
