import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, onThisMachine } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import {
  type Browser,
  noBrowser,
  openBrowser,
  openPage,
  type Page,
  seriousProblems,
  shot,
} from './kit.js'
import { createTables, fill, openRealPage, type RealPage } from './real.js'

async function shown(page: Page): Promise<void> {
  await page.getByRole('listitem').first().waitFor()
}

describe.skipIf(noBrowser)('the traces of a real ClickHouse', () => {
  let browser: Browser
  let real: RealPage
  beforeAll(async () => {
    ;[browser, real] = await Promise.all([openBrowser(), openRealPage({ tables: false })])
  })
  afterAll(async () => {
    await real?.close()
  })

  test('from no table, to an empty one, to the first trace, without a reload', async () => {
    const { page, problems, close } = await openPage(browser, real.url)
    await page.getByRole('heading', { name: 'No table of spans yet' }).waitFor()
    expect(page.url()).not.toContain('token')
    await createTables(real.server)
    await page.getByRole('heading', { name: 'Waiting for the first trace' }).waitFor()
    await fill(real.server, { traces: 3, spans: 5, endMs: Date.now(), everyMs: 500 })
    await shown(page)
    expect(await page.getByRole('listitem').count()).toBe(3)
    expect(problems).toEqual([])
    await close()
  })

  test('100,000 spans: list, charts, search, completion and SQL', async () => {
    await fill(real.server, { traces: 20_000, spans: 5, endMs: Date.now(), everyMs: 40 })
    const { page, problems, close } = await openPage(browser, real.url)
    await shown(page)
    await page.getByRole('img', { name: /^Latency over time: \d+ requests/ }).waitFor()
    await page
      .getByRole('img', { name: /^Requests over time: [\d,]+, of which [\d,]+ failed/ })
      .waitFor()
    await shot(page, 'real-traces')
    expect(await seriousProblems(page)).toEqual([])

    const box = page.getByRole('combobox', { name: 'Search traces' })
    await box.fill('service:')
    await page.getByRole('option', { name: /payment/ }).click()
    await box.fill('user')
    await page.getByRole('option', { name: /user.id=/ }).click()
    await page.keyboard.type('"user 7')
    await page.getByRole('option', { name: /^user 7\b/ }).click()
    await eventually(() =>
      expect(new URL(page.url()).searchParams.get('q')).toBe('service:payment user.id="user 7"'),
    )
    await page.getByText(/^\d+\+? traces$/).waitFor()
    await shown(page)
    await box.fill('duration:>soon')
    await box.press('Enter')
    await page.getByText(/duration:>soon is no duration/).waitFor()
    await box.fill('')

    await page.getByRole('button', { name: 'Show SQL' }).click()
    await page
      .getByRole('dialog')
      .getByText(/user 7/)
      .first()
      .waitFor()
    await shot(page, 'real-sql')
    await page.keyboard.press('Escape')
    expect(problems).toEqual([])
    expect(real.mistakes).toEqual([])
    await close()
  })

  test('scrolling stays fluid, while the page asks about 100,000 spans each second', async () => {
    const { page, close } = await openPage(browser, real.url)
    await shown(page)
    await page.evaluate(
      'window.long = []; new PerformanceObserver((list) => { for (const one of list.getEntries()) window.long.push(one.duration) }).observe({ type: "longtask" })',
    )
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Performance.enable')
    const used = async () => {
      const { metrics } = await cdp.send('Performance.getMetrics')
      return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1000
    }
    const before = await used()
    const frames = 60
    for (let i = 0; i < frames; i++) {
      await page.evaluate(`document.querySelector('.trace-rows').scrollTop = ${i * 130}`)
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(resolve))')
    }
    const perFrameMs = ((await used()) - before) / frames
    const long = (await page.evaluate('window.long')) as number[]
    figure('page: 100,000 spans, scrolling', {
      ms_per_frame: perFrameMs,
      long_tasks: long.length,
      longest_ms: Math.max(0, ...long),
    })
    expect(perFrameMs).toBeLessThan(onThisMachine(200))
    await close()
  })

  test("the Collector's table looks the same", async () => {
    await real.server.query(`
INSERT INTO otel.otel_traces
  (Timestamp, TraceId, SpanId, ParentSpanId, SpanName, SpanKind, ServiceName, ResourceAttributes, SpanAttributes, Duration, StatusCode)
SELECT timestamp, trace_id, span_id, parent_span_id, span_name, initcap(span_kind), service_name, resource_attributes, attributes,
  duration_ns, initcap(status_code) FROM telemetry.traces WHERE timestamp > now() - 60`)
    const { page, problems, close } = await openPage(browser, real.url)
    await shown(page)
    await page.getByRole('combobox', { name: 'Table' }).selectOption('otel.otel_traces')
    await page.waitForURL(/table=otel\.otel_traces/)
    await shown(page)
    await page.getByText('storefront').first().waitFor()
    await page.getByRole('link', { name: 'Health' }).click()
    await eventually(() => expect(page.url()).toContain('table=otel.otel_traces'))
    expect(problems).toEqual([])
    await close()
  })

  test('a link without the token is refused in words', async () => {
    const { page, close } = await openPage(browser, `${real.origin}/?q=status%3Aerror`)
    expect(await page.locator('body').textContent()).toMatch(/token|access/i)
    await shot(page, 'real-refused')
    await close()
  })
})
