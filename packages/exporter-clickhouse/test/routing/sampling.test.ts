import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TraceIdRatioBasedSampler } from '#sdk'
import { makeSpan } from '../../../transform/test/spans.js'
import { isChosen, ratesByService } from '../../src/routing/sampling.js'

const traceIds = fc
  .array(fc.integer({ min: 0, max: 255 }), { minLength: 16, maxLength: 16 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
  .filter((id) => id !== '0'.repeat(32))

const SAMPLED = 2

function sampledByRatio(traceId: string, rate: number): boolean {
  const { decision } = new TraceIdRatioBasedSampler(rate).shouldSample({} as never, traceId)
  return decision === SAMPLED
}

test('a trace is chosen exactly if the ratio sampler of the SDK samples it', () => {
  fc.assert(
    fc.property(traceIds, fc.double({ min: 0, max: 1, noNaN: true }), (traceId, rate) => {
      expect([traceId, rate, isChosen(traceId, rate)]).toEqual([
        traceId,
        rate,
        sampledByRatio(traceId, rate),
      ])
    }),
    { numRuns: 2000 },
  )
})

test('a trace that a lower rate chooses is chosen by every higher rate', () => {
  const rates = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
  )
  fc.assert(
    fc.property(traceIds, rates, (traceId, [a, b]) => {
      if (isChosen(traceId, Math.min(a, b))) expect(isChosen(traceId, Math.max(a, b))).toBe(true)
    }),
  )
})

test('rate 0 chooses no trace and rate 1 every trace', () => {
  fc.assert(
    fc.property(traceIds, (traceId) => {
      expect([isChosen(traceId, 0), isChosen(traceId, 1)]).toEqual([false, true])
    }),
  )
})

test('the first rule that fits the service and the first span of a trace decides', () => {
  const ratesOf = ratesByService({
    rate: 0.5,
    rules: [
      { service: 'shop-*', route: '/health*', rate: 0 },
      { name: 'POST *', rate: 1 },
      { service: 'shop-cart', rate: 0.2 },
      { route: '/never', rate: 0.9 },
    ],
    keepErrors: true,
    keepSlowerThanMs: undefined,
    maxWaitMs: 1,
    maxWaitingBytes: 1,
  })
  const root = (name: string, route?: string) =>
    makeSpan({ name, attributes: route === undefined ? {} : { 'http.route': route } })
  const cart = ratesOf('shop-cart')
  expect([cart.lowest, cart.highest, cart.usual]).toEqual([0, 1, 0.2])
  expect(cart.of(root('GET /healthz', '/healthz'))).toBe(0)
  expect(cart.of(root('POST /cart', '/cart'))).toBe(1)
  expect(cart.of(root('GET /never', '/never'))).toBe(0.2) // the rule of the service comes first
  expect(ratesOf('mail').of(root('GET /never', '/never'))).toBe(0.9)
  expect(ratesOf('mail').usual).toBe(0.5)
})
