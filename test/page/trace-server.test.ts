import { flatTraces, otelTraces, type SpanLike, type Table } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SpanRow } from '../../packages/queries/src/index.js'
import { insertLines, type Line } from '../kit/log-tables.js'
import { onThisMachine, PATIENT_MS } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import { type Browser, noBrowser, openBrowser, openPage, shot } from './kit.js'
import { openRealPage, type RealPage } from './real.js'
import { spanLike } from './span-like.js'
import { checkout, manySpans, OLD_US, OTHER_TRACE, TRACE } from './trace-data.js'

const LINE: Line = {
  timeUs: OLD_US + 595_000,
  traceId: TRACE,
  spanId: '0000000000000009',
  severity: 17,
  severityText: 'ERROR',
  service: 'payments',
  body: 'card declined by acme',
}

describe.skipIf(noBrowser)('a trace on the page of the command, out of ClickHouse', () => {
  let browser: Browser
  let real: RealPage

  beforeAll(async () => {
    ;[browser, real] = await Promise.all([openBrowser(), openRealPage()])
    await store(flatTraces, 'telemetry.traces')
    await store(otelTraces, 'otel.otel_traces')
    await insertLines(real.server, 'telemetry', 'logs', [LINE])
    await insertLines(real.server, 'otel', 'otel_logs', [{ ...LINE, body: 'of the Collector' }])
  })
  afterAll(async () => {
    await real?.close()
  })

  async function store(schema: Table<SpanLike>, table: string): Promise<void> {
    const columns = schema.insertColumns.map((name) => `\`${name}\``).join(', ')
    const rows = [...checkout(), ...manySpans().map((row) => ({ ...row, trace_id: OTHER_TRACE }))]
    const lines = rows.map((row) => schema.toLine(spanLike(row)))
    await real.server.query(
      `INSERT INTO ${table} (${columns}) FORMAT JSONEachRow ${lines.join('\n')}`,
    )
  }

  const address = (path: string) => {
    const url = new URL(real.url)
    url.pathname = path.split('?')[0] ?? '/'
    for (const [name, value] of new URLSearchParams(path.split('?')[1] ?? ''))
      url.searchParams.set(name, value)
    return url.href
  }

  test.each(['telemetry.traces', 'otel.otel_traces'])('from %s', async (table) => {
    const { page, problems, close } = await openPage(
      browser,
      address(`/trace/${TRACE}?table=${table}&span=0000000000000009`),
      { permissions: ['clipboard-read', 'clipboard-write'] },
    )
    const row = page.getByRole('treeitem')
    await row.filter({ hasText: /SELECT cart\.items.*×48.*312 ms.*N\+1/s }).waitFor()
    await row.filter({ hasText: 'Missing parent feedface…' }).waitFor()
    const detail = page.getByRole('complementary', { name: 'Span' })
    await detail.getByText('CardDeclinedError: Card declined').waitFor()
    await detail.getByText('+590 ms').waitFor()
    expect(await detail.getByLabel('Stack trace').textContent()).toContain('charge.js:42:11')
    await detail.getByRole('button', { name: 'Copy SQL' }).click()
    await detail.getByText('Copied').first().waitFor()
    const sql = (await page.evaluate('navigator.clipboard.readText()')) as string
    expect(sql).toContain(table.replace('.', '`.`'))
    const copied = JSON.parse(await real.server.query(`${sql} FORMAT JSON`)) as { data: SpanRow[] }
    expect(copied.data.map(({ name }) => name)).toEqual(['POST /pay'])
    await row.filter({ hasText: 'storefront POST /reservations' }).click()
    await page.getByRole('link', { name: /Trace 4bf92f35/ }).waitFor()
    await shot(page, `trace-server-${table.split('.')[1]}`)
    expect(problems).toEqual([])
    expect(real.mistakes).toEqual([])
    await close()
  })

  test.each([
    ['telemetry.traces', 'card declined by acme'],
    ['otel.otel_traces', 'of the Collector'],
  ])('the logs beside the spans of %s are found by the trace’s id', async (table, body) => {
    const { page, problems, close } = await openPage(
      browser,
      address(`/trace/${TRACE}?table=${table}`),
    )
    const lines = page.getByRole('list', { name: 'Log lines' })
    await lines.getByText(body).waitFor()
    expect(await lines.locator('.lg-row').count()).toBe(1)
    expect(await lines.locator('.lg-row').textContent()).toMatch(/\+595 ms.*ERROR.*payments/s)
    await lines.getByText(body).click()
    await lines.getByRole('button', { name: 'Open its span' }).click()
    const detail = page.getByRole('complementary', { name: 'Span' })
    await detail.getByRole('heading', { name: 'POST /pay' }).waitFor()
    await detail.getByRole('list', { name: 'Log lines of the span' }).getByText(body).waitFor()
    expect(problems).toEqual([])
    expect(real.mistakes).toEqual([])
    await close()
  })

  test('other traces of the same operation are offered for comparison', async () => {
    const { page, close } = await openPage(browser, address(`/trace/${TRACE}`))
    await page.getByRole('button', { name: 'Compare with another trace' }).click()
    await page.getByText('There is no other trace of it.').waitFor()
    await page.goto(`${real.origin}/compare/${TRACE}/${OTHER_TRACE}`)
    await page.getByRole('table', { name: 'Operations' }).waitFor()
    await close()
  })

  test('a value that is searched for finds its trace', async () => {
    const { page, close } = await openPage(
      browser,
      address(`/trace/${TRACE}?span=0000000000000001&from=1779999999000000&to=1780000002000000`),
    )
    await page.getByRole('link', { name: 'Search traces with this value of user_agent' }).click()
    await page.getByRole('link', { name: /POST \/checkout/ }).waitFor()
    await close()
  })

  test('a trace that lasts for days is whole, whichever of its spans the link is from', async () => {
    const id = 'ce'.repeat(16)
    const startNs = 1_780_000_000_000_000_000n
    const hourNs = 3_600_000_000_000n
    const values = [0n, 30n, 60n].map((hours, index) => {
      const parent = index === 0 ? '' : '0000000000000001'
      const atNs = startNs + hours * hourNs
      const durationNs = index === 0 ? 72n * hourNs : hourNs
      return `('${id}', '000000000000000${index + 1}', '${parent}', 'job', 'jobs', fromUnixTimestamp64Nano(${atNs}), ${durationNs})`
    })
    await real.server.query(
      `INSERT INTO telemetry.traces (trace_id, span_id, parent_span_id, span_name, service_name, timestamp, duration_ns) VALUES ${values.join(', ')}`,
    )
    for (const hours of [0n, 30n, 60n]) {
      const around = (startNs + hours * hourNs) / 1000n
      const { page, close } = await openPage(browser, address(`/trace/${id}?around=${around}`))
      await page.getByRole('treeitem').nth(2).waitFor()
      await page.getByText('3.00 d').first().waitFor()
      await close()
    }
  })

  test('10,000 spans come out of the server and open', async () => {
    const { page, close } = await openPage(browser, address('/sql'))
    const openedMs = (await page.evaluate(`new Promise((resolve) => {
      const from = performance.now()
      new MutationObserver((_, observer) => {
        if (document.querySelectorAll('[role=treeitem]').length < 10) return
        observer.disconnect()
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)))
      }).observe(document.body, { childList: true, subtree: true })
      const link = document.createElement('a')
      link.href = '/trace/${OTHER_TRACE}'
      document.querySelector('.shell').append(link)
      link.click()
    })`)) as number
    figure('page: a trace of 10,000 spans opens, from ClickHouse', {
      openedMs: Math.round(openedMs),
    })
    expect(openedMs).toBeLessThan(onThisMachine(PATIENT_MS))
    await page.getByText('10,000', { exact: true }).waitFor()
    await close()
  })
})
