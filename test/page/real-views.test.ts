import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/patience.js'
import { type Browser, noBrowser, type OpenedPage, openBrowser, openPage, shot } from './kit.js'
import { fill, openRealPage, type RealPage } from './real.js'

const STARTS = [
  'traces',
  'trace',
  'spans',
  'services',
  'operations',
  'edges',
  'rates',
  'heat',
  'keys',
  'extent',
]

describe.skipIf(noBrowser)('services and SQL of a real ClickHouse', () => {
  let browser: Browser
  let real: RealPage
  let opened: OpenedPage | undefined
  beforeAll(async () => {
    ;[browser, real] = await Promise.all([openBrowser(), openRealPage()])
    await fill(real.server, { traces: 500, spans: 5, endMs: Date.now(), everyMs: 1000 })
  })
  afterEach(async () => {
    expect(opened?.problems).toEqual([])
    expect(real.mistakes).toEqual([])
    await opened?.close()
  })
  afterAll(async () => {
    await real?.close()
  })
  const open = async (path: string) => {
    opened = await openPage(browser, real.url)
    await opened.page.goto(real.origin + path)
    return opened.page
  }

  test('the list and the map show the services and what they call', async () => {
    const page = await open('/services?range=1h')
    await page.getByRole('link', { name: 'storefront' }).waitFor()
    await shot(page, 'real-services')
    await page.getByRole('button', { name: 'Map' }).click()
    for (const name of ['storefront', 'catalog', 'payment'])
      await page.locator(`.map-node[title="${name}"]`).waitFor()
    const calls = page.getByRole('table', { name: 'Calls between services' })
    await calls.getByRole('link', { name: 'catalog' }).first().waitFor()
    await shot(page, 'real-map')
  })

  test('a service has lines and operations, and an operation leads to its traces', async () => {
    const page = await open('/services/payment?range=1h')
    await page
      .getByRole('img', { name: /^Requests and errors a second\. Requests: 0\/s to [1-9]/ })
      .waitFor()
    const operation = page
      .getByRole('table', { name: 'Operations' })
      .getByRole('link', { name: 'POST /charge', exact: true })
    await operation.waitFor()
    await page.getByRole('heading', { name: 'Slowest traces' }).waitFor()
    await page.locator('.examples li').first().waitFor()
    await shot(page, 'real-service')
    await operation.click()
    await page.getByRole('listitem').first().waitFor()
    await eventually(() =>
      expect(new URL(page.url()).searchParams.get('q')).toBe('service:payment name:"POST /charge"'),
    )
  })

  test('every query of the views can be run as it is', async () => {
    const page = await open('/sql?range=1h')
    for (const name of STARTS) {
      const box = page.getByRole('textbox', { name: 'SQL' })
      await box.fill('')
      await page.getByRole('button', { name: 'Queries of the views' }).click()
      await page.locator('.menu .option', { has: page.getByText(name, { exact: true }) }).click()
      await eventually(async () => expect(await box.inputValue()).not.toBe(''))
      const answered = page.waitForResponse((response) => response.url().includes('/api/sql'))
      await page.keyboard.press('Control+Enter')
      expect([name, (await answered).status()]).toEqual([name, 200])
      await page.locator('.sql-result').waitFor()
      expect([name, await page.locator('.sql-error').count()]).toEqual([name, 0])
      expect([name, await page.getByRole('status').first().textContent()]).toEqual([
        name,
        expect.stringMatching(/^(The first )?[\d,]+ rows?/),
      ])
    }
  })

  test('a statement that writes is refused by the command', async () => {
    const page = await open('/sql')
    await page.getByRole('textbox', { name: 'SQL' }).fill('DROP TABLE telemetry.traces')
    await page.keyboard.press('Control+Enter')
    await page.getByRole('heading', { name: /^Only reading is allowed here/ }).waitFor()
    await shot(page, 'real-refused-write')
    expect(Number(await real.server.query('SELECT count() FROM telemetry.traces'))).toBe(2500)
  })

  test('what exporters report through a Collector becomes the view of health, without a reload', async () => {
    const page = await open('/health')
    await page.getByText('This server has none yet').waitFor()
    const map = 'Map(LowCardinality(String), String)'
    await real.server.query(
      `CREATE TABLE otel.otel_metrics_sum (ResourceAttributes ${map}, ServiceName String, MetricName String, Attributes ${map},
         TimeUnix DateTime64(9), Value Float64, AggregationTemporality Int32) ENGINE = MergeTree ORDER BY TimeUnix`,
    )
    await real.server.query(
      `INSERT INTO otel.otel_metrics_sum SELECT map('service.instance.id', 'process-1'), 'shop', metric, attributes, now64(9), value, 2
       FROM values('metric String, attributes ${map}, value Float64',
         ('otel.sdk.exporter.span.exported', map('destination', 'central'), 900),
         ('spanhouse.dropped', map('destination', 'central', 'reason', 'queue_full'), 12))`,
    )
    await page.getByText('12 rows were dropped.').waitFor()
    await page.getByRole('cell', { name: 'process-1' }).waitFor()
    await page.getByRole('cell', { name: '900' }).waitFor()
    await shot(page, 'real-health')
  })
})
