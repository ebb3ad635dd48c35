import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/patience.js'
import {
  type Api,
  type Browser,
  META,
  NARROW,
  noBrowser,
  openBrowser,
  openPage,
  type Reply,
  type Served,
  seriousProblems,
  servePage,
  shot,
} from './kit.js'
import { stubHeat, stubRates, stubTraces } from './stub-traces.js'

const KEYS = [
  { key: 'http.route', place: 'span', spans: 900 },
  { key: 'user.id', place: 'span', spans: 40 },
  { key: 'deployment.environment.name', place: 'resource', spans: 1000 },
]

/** An API with the given rows; everything that is not given has no rows. */
function api(rows: Partial<Record<string, (asked: URLSearchParams) => Reply>>): Api {
  return (name, asked) => {
    const reply = rows[name]?.(asked)
    return reply ?? (name === 'meta' ? { body: META } : { rows: [] })
  }
}

const nowUs = () => Date.now() * 1000
const number = (asked: URLSearchParams, name: string) => Number(asked.get(name))

/** Plenty of everything. */
function busy(): Api {
  const traces = stubTraces(200, nowUs() - 1e6)
  return api({
    traces: () => ({ rows: traces }),
    heat: (asked) => ({
      rows: stubHeat(number(asked, 'from'), number(asked, 'to'), number(asked, 'bucket')),
    }),
    rates: (asked) => ({
      rows: stubRates(number(asked, 'from'), number(asked, 'to'), number(asked, 'bucket')),
    }),
    keys: () => ({ rows: KEYS }),
    services: () => ({
      rows: [
        { service: 'storefront', spans: 700 },
        { service: 'payment', spans: 90 },
      ],
    }),
    'operation-names': () => ({ rows: [{ value: 'GET /products/:id', spans: 70 }] }),
    values: () => ({
      rows: [
        { value: '/products/:id', spans: 70 },
        { value: '/cart', spans: 20 },
      ],
    }),
  })
}

describe.skipIf(noBrowser)('the traces', () => {
  let browser: Browser
  let served: Served
  beforeAll(async () => {
    browser = await openBrowser()
    served = await servePage(busy())
  })
  afterAll(async () => {
    await browser?.close()
    await served?.close()
  })
  const open = (path = '/', options = {}) => openPage(browser, served.url + path, options)

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    test.each([
      ['wide', undefined],
      ['narrow', NARROW],
    ] as const)('fit a %s screen and are accessible', async (name, viewport) => {
      served.setApi(busy())
      const { page, problems, close } = await open('/', {
        colorScheme,
        ...(viewport && { viewport }),
      })
      await page.getByRole('listitem').first().waitFor()
      await page.getByText('Show SQL').waitFor()
      await shot(page, `traces-${name}-${colorScheme}`)
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      expect(await seriousProblems(page)).toEqual([])
      expect(problems).toEqual([])
      await close()
    })
  })
})
