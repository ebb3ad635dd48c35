import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type {
  EdgeRow,
  OperationRow,
  RateRow,
  ServiceRow,
  TraceRow,
} from '../../packages/queries/src/index.js'
import { eventually, LONG } from '../kit/patience.js'
import {
  type Api,
  type Browser,
  META,
  NARROW,
  noBrowser,
  type OpenedPage,
  openBrowser,
  openPage,
  type Served,
  schemes,
  seriousProblems,
  servePage,
  shot,
} from './kit.js'

const HOSTILE = '<img src=x onerror="document.title=1">'
const NOW_US = Date.now() * 1000

const service = (name: string, rate: number, errors = 0): ServiceRow => ({
  service: name,
  requests: rate * 900,
  errors,
  spans: rate * 4000,
  rate,
  p50_ns: 4e6 + rate * 1e5,
  p95_ns: 3e7 + rate * 1e6,
  p99_ns: 2e8,
  last_us: NOW_US - 3e6,
})

const call = (
  caller: string,
  callee: string,
  calls: number,
  errors = 0,
  callee_kind: EdgeRow['callee_kind'] = 'service',
): EdgeRow => ({ caller, callee, callee_kind, calls, errors, p50_ns: 2e6, p95_ns: 9e6 })

const SERVICES = [
  service('web', 42),
  service('shop', 31, 400),
  service('cart', 12),
  service('payments', 4, 90),
  service('mailer', 0.2),
  service(HOSTILE, 1),
]
const EDGES = [
  call('web', 'shop', 27_000, 300),
  call('shop', 'cart', 9000),
  call('cart', 'shop', 500),
  call('shop', 'payments', 3600, 90),
  call('shop', 'orders', 50_000, 0, 'database'),
  call('cart', 'redis', 30_000, 0, 'database'),
  call('payments', 'api.bank.example', 3600, 88, 'external'),
  call('payments', 'receipts', 3500, 0, 'messaging'),
  call('mailer', HOSTILE, 10),
]
const OPERATIONS: OperationRow[] = Array.from({ length: 300 }, (_, index) => ({
  service: 'shop',
  name: index === 0 ? HOSTILE : `GET /products/${index}`,
  kind: 'server',
  count: 1000 - index,
  errors: index % 7 === 0 ? 12 : 0,
  rate: (1000 - index) / 900,
  p50_ns: 1e6 + index * 1e4,
  p95_ns: 5e6 + index * 1e5,
  p99_ns: 9e6 + index * 1e5,
  max_ns: 2e8 + index,
  total_ns: 1e9 + index,
}))

function rates(parameters: URLSearchParams): RateRow[] {
  const [from, to, bucket] = ['from', 'to', 'bucket'].map((name) => Number(parameters.get(name)))
  const rows: RateRow[] = []
  const first = Math.floor((from ?? 0) / (bucket ?? 1)) * (bucket ?? 1)
  for (let at = first; at < (to ?? 0); at += bucket ?? 1) {
    const wave = 1 + Math.sin(rows.length / 6) * 0.4
    rows.push({
      bucket_us: at,
      requests: Math.round(300 * wave),
      errors: Math.round(20 * wave),
      p50_ns: 4e6 * wave,
      p95_ns: 3e7 * wave,
      p99_ns: 2e8 * wave,
    })
  }
  return rows
}

const trace = (index: number, errors: number): TraceRow => ({
  trace_id: `${index}`.padStart(32, 'a'),
  start_us: NOW_US - index * 1e7,
  duration_ns: 3e9 / index,
  root_service: 'web',
  root_name: `GET /checkout/${index}`,
  has_root: true,
  spans: 12,
  errors,
  services: ['web', 'shop'],
})

const SHOP: Api = (name, parameters) => {
  const isOfShop = parameters.get('q')?.startsWith('service:shop') === true
  switch (name) {
    case 'meta':
      return { body: META }
    case 'services':
      return { rows: isOfShop ? SERVICES.slice(1, 2) : parameters.get('q') ? [] : SERVICES }
    case 'edges':
      return { rows: EDGES }
    case 'operations':
      return { rows: OPERATIONS }
    case 'rates':
      return { rows: rates(parameters) }
    case 'traces':
      return { rows: [1, 2, 3, 4, 5].map((index) => trace(index, parameters.get('sort') ? 0 : 2)) }
    default:
      return { rows: [] }
  }
}
const NOTHING: Api = (name) => (name === 'meta' ? { body: META } : { rows: [] })

describe.skipIf(noBrowser)('the views of services', () => {
  let browser: Browser
  let served: Served
  let opened: OpenedPage | undefined
  beforeAll(async () => {
    browser = await openBrowser()
    served = await servePage(SHOP)
  })
  afterEach(async () => {
    await opened?.close()
    opened = undefined
    served.setApi(SHOP)
  })
  afterAll(async () => {
    await served?.close()
  })
  const open = async (path: string, options?: Parameters<typeof openPage>[2]) => {
    opened = await openPage(browser, served.url + path, options)
    return opened
  }

  test('the list is sorted by a click on a column, and the address keeps it', async () => {
    const { page, problems } = await open('/services?range=1h')
    const names = () => page.locator('.table-line .table-cell:first-child').allInnerTexts()
    await page.getByRole('link', { name: 'web', exact: true }).waitFor()
    expect(await names()).toEqual(['web', 'shop', 'cart', 'payments', HOSTILE, 'mailer'])
    await shot(page, 'services-list')
    await page.getByRole('button', { name: 'Errors' }).click()
    await eventually(async () => expect((await names())[0]).toBe('payments'))
    await eventually(() => expect(page.url()).toBe(`${served.url}/services?range=1h&sort=-errors`))
    await page.getByRole('button', { name: 'Errors' }).click()
    await eventually(async () => expect((await names()).at(-1)).toBe('payments'))
    expect(await page.getByRole('columnheader', { name: 'Errors' }).getAttribute('aria-sort')).toBe(
      'ascending',
    )
    await page.reload()
    await eventually(async () => expect((await names()).at(-1)).toBe('payments'))
    expect(problems).toEqual([])
  })

  test('a script in the name of a service stays text, in the list, the map and the table of calls', async () => {
    const { page, problems } = await open('/services?show=map')
    await page.getByRole('button', { name: new RegExp(`^${HOSTILE.slice(0, 8)}`) }).waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.getByRole('cell', { name: HOSTILE }).count()).toBe(1)
    await page.getByRole('button', { name: 'List', exact: true }).click()
    await page.getByRole('link', { name: HOSTILE }).waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.title()).toBe('Services · spanhouse')
    expect(problems).toEqual([])
  })

  test.each(schemes('dark'))(
    'the map shows services, peers and calls, and axe finds nothing serious (%s)',
    async (colorScheme) => {
      const { page, problems } = await open('/services?show=map', { colorScheme })
      const node = (name: string) => page.locator(`.map-node[title="${name}"]`)
      await node('shop').waitFor()
      await page.getByRole('button', { name: /^orders\b.*database/ }).waitFor()
      await page.getByRole('button', { name: /^receipts\b.*messaging/ }).waitFor()
      expect(await page.locator('.map-edge').count()).toBe(EDGES.length)
      expect(await page.locator('.map-edge.failing').count()).toBe(3)
      await shot(page, `services-map-${colorScheme}`)
      expect(await seriousProblems(page)).toEqual([])
      expect(problems).toEqual([])
    },
  )

  test('the keyboard goes through the map, and a chosen service dims what is not next to it', async () => {
    const { page } = await open('/services?show=map&live=off')
    const node = (name: string) => page.locator(`.map-node[title="${name}"]`)
    const focused = () => page.evaluate('document.activeElement.getAttribute("data-node")')
    await node('web').focus()
    await page.keyboard.press('ArrowRight')
    expect(await focused()).toBe('service:shop')
    await page.keyboard.press('Enter')
    await eventually(async () =>
      expect(await node('shop').getAttribute('aria-pressed')).toBe('true'),
    )
    await node('shop').blur()
    expect(await node('redis').getAttribute('class')).toMatch(/\bdim\b/)
    expect(await node('orders').getAttribute('class')).not.toMatch(/\bdim\b/)
    await eventually(() => expect(page.url()).toContain('node=service%3Ashop'))
    await shot(page, 'services-map-focus')
    await page.getByRole('link', { name: 'Open service' }).waitFor()
    await node('shop').focus()
    await page.keyboard.press('Escape')
    await eventually(() => expect(page.url()).not.toContain('node='))
  })

  test('a refresh with other rates moves no node, and a node that pauses comes back to its place', async () => {
    const { page } = await open('/services?show=map')
    const places = async () =>
      Object.fromEntries(
        await page
          .locator('.map-node')
          .evaluateAll((nodes) =>
            nodes.map((node) => [node.getAttribute('data-node'), node.getAttribute('style')]),
          ),
      ) as Record<string, string>
    await page.getByRole('button', { name: /^shop\b/ }).waitFor()
    const before = await places()
    served.setApi((name, ...rest) => {
      if (name === 'services')
        return { rows: SERVICES.map((row) => ({ ...row, rate: row.rate + 500 })).reverse() }
      if (name === 'edges') return { rows: EDGES.slice(0, -3).reverse() }
      return SHOP(name, ...rest)
    })
    await page.getByRole('button', { name: /^shop\b.*service.*531/ }).waitFor()
    const after = await places()
    expect(Object.keys(after).length).toBeLessThan(Object.keys(before).length)
    for (const [id, place] of Object.entries(after)) expect([id, place]).toEqual([id, before[id]])
    served.setApi(SHOP)
    await page.getByRole('button', { name: /^receipts\b/ }).waitFor()
    expect(await places()).toEqual(before)
  })

  test('fifty services stay readable', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `team-${index % 7}-service-${index}`)
    served.setApi((name, ...rest) => {
      if (name === 'services')
        return { rows: names.map((one, index) => service(one, index, index % 9 === 0 ? 30 : 0)) }
      if (name === 'edges')
        return {
          rows: names
            .slice(1)
            .flatMap((one, index) => [
              call(names[Math.floor(index / 4)] ?? '', one, index * 50, index % 9 === 0 ? 30 : 0),
              call(one, names[(index * 7) % 50] ?? '', index),
            ]),
        }
      return SHOP(name, ...rest)
    })
    const { page, problems } = await open('/services?show=map')
    await page.locator('.map-node').nth(49).waitFor()
    await shot(page, 'services-map-fifty')
    await page.getByRole('button', { name: 'Whole map' }).click()
    await eventually(async () => {
      const box = page.locator('.map-box')
      expect(
        await box.evaluate((one) => [
          one.scrollWidth <= one.clientWidth,
          one.scrollHeight <= one.clientHeight,
        ]),
      ).toEqual([true, true])
    })
    await shot(page, 'services-map-whole')
    const boxes = await page
      .locator('.map-node')
      .evaluateAll((nodes) => nodes.map((node) => node.getAttribute('style')))
    expect(new Set(boxes).size).toBe(50)
    expect(problems).toEqual([])
  })

  test('what the server leaves out of the list or the map is said', async () => {
    served.setApi(async (name, ...rest) => {
      const reply = await SHOP(name, ...rest)
      return 'rows' in reply && (name === 'services' || name === 'edges')
        ? { ...reply, truncated: true }
        : reply
    })
    const { page } = await open('/services')
    await page.getByText('Only the 6 services with the most requests are shown.').waitFor()
    await page.getByRole('button', { name: 'Map' }).click()
    await page.getByText(`Only the ${EDGES.length} connections with the most calls`).waitFor()
  })

  test('the page of a service has lines, operations, callers, callees and examples', async () => {
    const { page, problems } = await open('/services/shop?range=1h')
    await page.getByRole('heading', { name: 'shop' }).waitFor()
    await page.getByRole('img', { name: /^Requests and errors a second\. Requests: / }).waitFor()
    await page.getByRole('img', { name: /^Duration of requests\. p50: / }).waitFor()
    expect(await page.locator('.lines canvas').count()).toBe(2)
    await page.getByRole('table', { name: 'Callers of shop' }).getByText('web').waitFor()
    await page.getByRole('table', { name: 'What shop calls' }).getByText('orders').waitFor()
    const example = page.getByRole('link', { name: /GET \/checkout\/1 / }).first()
    expect(await example.getAttribute('href')).toBe(`/trace/${'1'.padStart(32, 'a')}?range=1h`)
    await shot(page, 'service')
    expect(await seriousProblems(page)).toEqual([])
    expect(problems).toEqual([])
  })

  test('an operation leads to its traces, to its errors and to its slowest', async () => {
    const { page } = await open('/services/shop?range=1h&sort=name')
    const table = page.getByRole('table', { name: 'Operations' })
    const link = table.getByRole('link', { name: 'GET /products/1', exact: true })
    await link.waitFor()
    const parametersOf = async (locator: typeof link) =>
      Object.fromEntries(
        new URL((await locator.getAttribute('href')) ?? '', served.url).searchParams.entries(),
      )
    expect(await parametersOf(link)).toEqual({
      range: '1h',
      q: 'service:shop name:"GET /products/1"',
    })
    expect(
      await parametersOf(
        page.getByTitle('The slowest traces with GET /products/1', { exact: true }),
      ),
    ).toEqual({
      range: '1h',
      q: 'service:shop name:"GET /products/1"',
      sort: 'slowest',
    })
    const hostile = page.getByTitle(`Traces in which ${HOSTILE} failed`)
    expect((await parametersOf(hostile))['q']).toBe(
      `service:shop name:"${HOSTILE.replaceAll('"', '\\"')}" status:error`,
    )
    expect(await page.locator('.table-line').count()).toBeLessThan(80) // of 300
    await link.click()
    await eventually(() => expect(new URL(page.url()).pathname).toBe('/'))
  })

  test('dragging over a chart chooses that range', async () => {
    const { page } = await open('/services/shop?range=1h')
    const plot = page.locator('.lines .u-over').first()
    await plot.waitFor()
    const box = await plot.boundingBox()
    if (!box) throw new Error('The chart has no place.')
    await page.mouse.move(box.x + 100, box.y + 50)
    await page.mouse.down()
    await page.mouse.move(box.x + 200, box.y + 60, { steps: 4 })
    await page.mouse.up()
    await eventually(() => {
      const { searchParams } = new URL(page.url())
      const length = Number(searchParams.get('to')) - Number(searchParams.get('from'))
      expect(length).toBeGreaterThan((0.5 * 3600e6 * 100) / box.width)
      expect(length).toBeLessThan((2 * 3600e6 * 100) / box.width)
    })
  })

  test('without spans each view says what to do next', async () => {
    const lastUs = NOW_US - 40 * 60e6
    served.setApi((name, ...rest) =>
      name === 'extent'
        ? { rows: [{ spans: 12, first_us: lastUs - 60e6, last_us: lastUs }] }
        : NOTHING(name, ...rest),
    )
    const { page, problems } = await open('/services')
    await page.getByText('No traces in the last 15 minutes').waitFor()
    await shot(page, 'services-empty')
    await page.getByRole('button', { name: 'Map' }).click()
    await page.getByText('No traces in the last 15 minutes').waitFor()
    await page.getByRole('button', { name: 'Last hour', exact: true }).click()
    await eventually(() => expect(page.url()).toContain('range=1h'))
    await page.goto(`${served.url}/services/nobody`)
    await page.getByText('No spans of nobody in this time range.').waitFor()
    expect(await seriousProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Look at the last 24 hours' }).click()
    await eventually(() => expect(page.url()).toContain('range=24h'))
    expect(problems).toEqual([])
  })

  test('of an empty table the page says how to send spans', async () => {
    served.setApi((name, ...rest) =>
      name === 'extent'
        ? { rows: [{ spans: 0, first_us: 0, last_us: 0 }] }
        : NOTHING(name, ...rest),
    )
    const { page } = await open('/services')
    await page.getByText('Waiting for the first trace').waitFor()
  })

  test('without a table of spans the page says how to send some', async () => {
    served.setApi((name, ...rest) =>
      name === 'meta' ? { body: { ...META, table: null, tables: [] } } : NOTHING(name, ...rest),
    )
    for (const path of ['/services', '/services/shop']) {
      const { page, close } = await openPage(browser, served.url + path)
      await page.getByText('No table of spans yet').waitFor()
      await close()
    }
  })

  test('an error says why, and the view tries again', async () => {
    served.setApi((name, ...rest) =>
      name === 'services'
        ? { status: 502, error: { message: 'ClickHouse does not answer.', fix: 'Is it running?' } }
        : SHOP(name, ...rest),
    )
    const { page } = await open('/services?live=off')
    await page.getByText('ClickHouse does not answer.').waitFor()
    await page.getByText('Is it running?').waitFor()
    served.setApi(SHOP)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('link', { name: 'shop', exact: true }).waitFor()
  })

  // The map is in the frame of the list, and axe looks at it above.
  const narrow = ['/services', '/services/shop', '/services?show=map']
  test.each(LONG ? narrow : narrow.slice(0, 2))('%s fits a narrow screen', async (path) => {
    const { page, problems } = await open(path, { viewport: NARROW, colorScheme: 'dark' })
    await page.locator('.table-line').first().waitFor()
    await shot(page, `narrow${path.replaceAll(/[^a-z]/g, '-')}`)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width)
    expect(await page.evaluate('document.querySelector("main").scrollWidth')).toBe(NARROW.width)
    expect(await seriousProblems(page)).toEqual([])
    expect(problems).toEqual([])
  })
})
