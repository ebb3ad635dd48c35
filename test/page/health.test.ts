import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { HealthRow } from '../../packages/queries/src/index.js'
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

const HOSTILE = '<img src=x onerror=document.title=1>'
const NOW_US = Date.now() * 1000

const reports = (
  service: string,
  instance: string,
  destination: string,
  values: Readonly<Record<string, number>>,
  dropped: Readonly<Record<string, number>> = {},
  at_us = NOW_US - 20e6,
): HealthRow[] => {
  const row = (measure: string, value: number, reason = '') => ({
    ...{ measure, service, instance, destination, signal: 'traces', reason, value, at_us },
  })
  return [
    ...Object.entries(values).map(([measure, value]) => row(measure, value)),
    ...Object.entries(dropped).map(([reason, value]) => row('dropped', value, reason)),
  ]
}

const FINE = reports('shop', 'host-1/4711', 'main', {
  delivered: 1_204_551,
  waiting: 0,
  queue_bytes: 0,
  spool_bytes: 0,
  errors: 3,
  retries_exceeded: 0,
})
const TROUBLE = [
  ...FINE,
  ...reports(
    'payments',
    'host-2/99',
    'main',
    { delivered: 90_000, waiting: 512, queue_bytes: 812_000, spool_bytes: 64_000_000, errors: 41 },
    { queue_full: 1200, rejected: 3, [HOSTILE]: 1 },
  ),
  ...reports(HOSTILE, 'host-3/1', 'backup', { delivered: 10, waiting: 0 }),
  ...reports('mailer', 'host-4/5', 'main', { delivered: 777, waiting: 9 }, {}, NOW_US - 3600e6),
]

const answering =
  (rows: readonly HealthRow[], metricTables = ['otel.otel_metrics_sum']): Api =>
  (name) =>
    name === 'meta' ? { body: { ...META, metricTables } } : { rows: name === 'health' ? rows : [] }

describe.skipIf(noBrowser)('the view of health', () => {
  let browser: Browser
  let served: Served
  let opened: OpenedPage | undefined
  beforeAll(async () => {
    browser = await openBrowser()
    served = await servePage(answering(TROUBLE))
  })
  afterEach(async () => {
    await opened?.close()
    opened = undefined
  })
  afterAll(async () => {
    await served?.close()
  })
  const open = async (api: Api, options?: Parameters<typeof openPage>[2]) => {
    served.setApi(api)
    opened = await openPage(browser, `${served.url}/health`, options)
    return opened
  }

  test.each(schemes('light'))(
    'dropped rows come first, with their reasons and what to do (%s)',
    async (colorScheme) => {
      const { page, problems } = await open(answering(TROUBLE), { colorScheme })
      await page.getByText('1,204 rows were dropped.').waitFor()
      await page.getByText('4 processes report.').waitFor()
      const first = page.locator('.table-line').first()
      // biome-ignore lint/performance/useDomNodeTextContent: it puts spaces between the cells
      const text = await first.innerText()
      expect(text.replace(/\s+/g, ' ')).toContain(
        'payments host-2/99 main 90,000 1,204 queue_full, rejected',
      )
      expect(text).toMatch(/512\s+812 kB\s+64 MB\s+41/)
      await page.getByText('More rows came than ClickHouse took').waitFor()
      await shot(page, `health-${colorScheme}`)
      expect(await seriousProblems(page)).toEqual([])
      expect(problems).toEqual([])
    },
  )

  test('markup in names and reasons stays text', async () => {
    const { page, problems } = await open(answering(TROUBLE))
    await page.getByRole('cell', { name: HOSTILE, exact: true }).waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    expect(await page.title()).toBe('Health · spanhouse')
    expect(problems).toEqual([])
  })

  test('where nothing was dropped and nothing waits, every row has arrived', async () => {
    const { page } = await open(answering(FINE))
    await page.getByText('Every row has arrived.').waitFor()
    await page.getByText('1 process reports.').waitFor()
    expect(await page.getByText('Why rows were dropped').count()).toBe(0)
  })

  test('without a table of metrics nothing is asked, and the page says how to report them', async () => {
    const before = served.calls.length
    const { page, problems } = await open(answering([], []))
    await page.getByText('No application reports on its exporter yet.').waitFor()
    await page.getByText('meterProvider', { exact: true }).first().waitFor()
    await page.getByText('spanhouse.dropped', { exact: true }).waitFor()
    await page.getByText('This server has none yet').waitFor()
    expect(served.calls.slice(before).filter((call) => call.startsWith('/api/health'))).toEqual([])
    await shot(page, 'health-empty')
    expect(await seriousProblems(page)).toEqual([])
    expect(problems).toEqual([])
  })

  test('with tables of metrics but no reports, the page says that', async () => {
    const { page } = await open(answering([]))
    await page.getByText('none of the exporter’s metrics are there').waitFor()
  })

  test('an error says why', async () => {
    const { page } = await open((name, ...rest) =>
      name === 'health'
        ? { status: 502, error: { message: 'ClickHouse does not answer.' } }
        : answering([])(name, ...rest),
    )
    await page.getByText('ClickHouse does not answer.').waitFor()
  })

  test.each([
    ['with reports', answering(TROUBLE)],
    ['without', answering([], [])],
  ])('fits a narrow screen (%s)', async (name, api) => {
    const { page, problems } = await open(api, { viewport: NARROW, colorScheme: 'dark' })
    await page.locator('main h1, main h2').first().waitFor()
    await shot(page, `narrow-health-${name === 'without' ? 'empty' : 'reports'}`)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width)
    expect(await page.evaluate('document.querySelector("main").scrollWidth')).toBe(NARROW.width)
    expect(await seriousProblems(page)).toEqual([])
    expect(problems).toEqual([])
  })
})
