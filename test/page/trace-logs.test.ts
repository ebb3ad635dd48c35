import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { LogRow, SpanRow } from '../../packages/queries/src/index.js'
import { eventually } from '../kit/patience.js'
import {
  type Browser,
  META,
  NARROW,
  noBrowser,
  type OpenedPage,
  openBrowser,
  openPage,
  type Page,
  type Reply,
  type Served,
  schemes,
  seriousProblems,
  servePage,
  shot,
} from './kit.js'
import { checkout, hostile, OLD_US, TRACE } from './trace-data.js'

const SCRIPT = '<img src=x onerror="document.title=\'owned\'">'

function line(body: string, more: Partial<LogRow> = {}): LogRow {
  return {
    time_us: OLD_US,
    trace_id: TRACE,
    span_id: '',
    service: 'storefront',
    severity_number: 9,
    severity_text: 'INFO',
    body,
    event_name: '',
    attributes: {},
    resource: {},
    scope_name: '',
    scope_version: '',
    ...more,
  }
}

const PAYMENT = '0000000000000009'
const LINES: readonly LogRow[] = [
  line('before the trace', { time_us: OLD_US - 2000, severity_number: 5, severity_text: 'DEBUG' }),
  line('checkout of cart 8841', {
    span_id: '0000000000000001',
    time_us: OLD_US + 1000,
    attributes: { 'user.id': 'user-1204' },
    scope_name: 'pino',
  }),
  line('{"cart":8841,"items":[{"id":1,"name":"A kettle of steel"},{"id":2,"name":"A cup"}]}', {
    span_id: '0000000000000001',
    time_us: OLD_US + 12_400,
    event_name: 'cart.loaded',
  }),
  line('stock is low', {
    service: 'stock',
    time_us: OLD_US + 300_000,
    span_id: '00000000000000ff',
    severity_number: 0,
    severity_text: 'warning',
  }),
  line('card declined by acme', {
    service: 'payments',
    span_id: PAYMENT,
    time_us: OLD_US + 590_000,
    severity_number: 17,
    severity_text: 'ERROR',
  }),
]

describe.skipIf(noBrowser)('the logs of a trace on the page', () => {
  let browser: Browser
  let served: Served
  let opened: OpenedPage | undefined
  let spans: readonly SpanRow[] = []
  let logs: Reply = { rows: [] }
  let logTables: readonly string[] = ['telemetry.logs']

  beforeAll(async () => {
    browser = await openBrowser()
    served = await servePage((name) => {
      if (name === 'meta') return { body: { ...META, logTables } }
      if (name === 'trace') return { rows: spans }
      return name === 'logs' ? logs : { rows: [] }
    })
  })
  afterEach(async () => {
    await opened?.close()
    opened = undefined
    logTables = ['telemetry.logs']
  })
  afterAll(async () => {
    await served?.close()
  })

  async function show(
    rows: readonly LogRow[] | Reply,
    { query = '', ...options }: Parameters<typeof openPage>[2] & { query?: string } = {},
  ): Promise<Page> {
    spans = checkout()
    logs = 'length' in rows ? { rows } : rows
    opened = await openPage(browser, `${served.url}/trace/${TRACE}${query}`, options)
    await opened.page.getByRole('tree', { name: 'Spans' }).waitFor()
    return opened.page
  }
  const panel = (page: Page) => page.getByRole('region', { name: 'Logs' })
  const list = (page: Page) => panel(page).getByRole('list', { name: 'Log lines' })
  const lines = (page: Page) => list(page).locator('.lg-row')
  const texts = async (page: Page) =>
    (await lines(page).allInnerTexts()).map((text) => text.split('\n').map((part) => part.trim()))
  const cursor = (page: Page) => page.getByRole('treeitem', { selected: true })
  const searchOf = (page: Page) => new URL(page.url()).searchParams

  test('stand below the waterfall: time from the start of the trace, level, service, text', async () => {
    const page = await show(LINES)
    await list(page).waitFor()
    expect(await texts(page)).toEqual([
      ['−2.00 ms', 'DEBUG', 'storefront', 'before the trace'],
      ['+1.00 ms', 'INFO', 'storefront', 'checkout of cart 8841'],
      ['+12.4 ms', 'INFO', 'storefront', LINES[2]?.body],
      ['+300 ms', 'WARNING', 'stock', 'stock is low'],
      ['+590 ms', 'ERROR', 'payments', 'card declined by acme'],
    ])
    expect(await panel(page).getByRole('button', { name: /^Logs/ }).textContent()).toMatch(
      /Logs\s*5 lines\s*1 error/,
    )
    const asked = served.calls.findLast((call) => call.startsWith('/api/logs'))
    expect(asked).toBe(`/api/logs?id=${TRACE}&around=${OLD_US}`)
    expect(opened?.problems).toEqual([])
    await shot(page, 'trace-logs-wide')
  })

  test('a click unfolds a line, with its JSON over several lines, and leads to its span', async () => {
    const page = await show(LINES)
    await lines(page).nth(2).click()
    const body = list(page).getByLabel('Body', { exact: true })
    expect(await body.textContent()).toContain('      "name": "A kettle of steel"')
    await list(page).getByText('event cart.loaded').waitFor()
    expect(await lines(page).nth(2).getAttribute('aria-expanded')).toBe('true')
    await lines(page).nth(4).click()
    await eventually(async () => expect(await cursor(page).textContent()).toContain('POST /pay'))
    expect(searchOf(page).get('span')).toBeNull()
    await list(page).locator('.lg-line.is-of-cursor').getByText('card declined').first().waitFor()
    await list(page).getByRole('button', { name: 'Open its span' }).last().click()
    const detail = page.getByRole('complementary', { name: 'Span' })
    await detail.getByRole('heading', { name: 'POST /pay' }).waitFor()
    await lines(page).nth(2).click()
    await eventually(async () => expect(await body.count()).toBe(1))
  })

  test('a line whose span is not there says so, and one without a span says nothing', async () => {
    const page = await show(LINES)
    await lines(page).nth(3).click()
    await list(page).getByText('is not among the spans').waitFor()
    await lines(page).first().click()
    expect(await list(page).getByText('is not among the spans').count()).toBe(1)
    expect(await list(page).getByRole('button', { name: 'Open its span' }).count()).toBe(0)
  })

  test('the detail of a span shows its own lines, with their attributes', async () => {
    const page = await show(LINES, { query: '?span=0000000000000001' })
    const own = page
      .getByRole('complementary', { name: 'Span' })
      .getByRole('list', { name: 'Log lines of the span' })
    await own.locator('.lg-row').first().waitFor()
    expect(await own.locator('.lg-row').count()).toBe(2)
    await own.locator('.lg-row').first().click()
    await own.getByText('user-1204').waitFor()
    await own.getByText('user.id', { exact: true }).waitFor()
  })

  test('lines are marked on the bar of their span', async () => {
    const page = await show(LINES)
    const bar = page.getByRole('treeitem').filter({ hasText: 'payments POST /pay' })
    // Its exception is marked at the same place.
    await eventually(async () => expect(await bar.textContent()).toContain('1 log line'))
    const root = page.getByRole('treeitem').first()
    expect(await root.locator('.wf-dot.is-log').count()).toBe(2)
    expect(await root.locator('.wf-dot.is-log').first().getAttribute('title')).toBe(
      'checkout of cart 8841',
    )
  })

  test('level and text leave lines out, and stay in the address', async () => {
    const page = await show(LINES)
    await panel(page).getByRole('combobox', { name: 'Least level' }).selectOption('warn')
    await eventually(async () => expect(await lines(page).count()).toBe(2))
    await panel(page).getByRole('searchbox', { name: 'Filter the lines' }).fill('ACME')
    await eventually(async () => expect(await lines(page).count()).toBe(1))
    await panel(page).getByText('1 of 5 lines').waitFor()
    await page.reload()
    await eventually(async () => expect(await lines(page).count()).toBe(1))
    const search = panel(page).getByRole('searchbox', { name: 'Filter the lines' })
    expect(await search.inputValue()).toBe('ACME')
    await search.fill('nothing has this')
    await panel(page).getByText('No line has this level and text.').waitFor()
    await search.fill('user.id=user-1204')
    await panel(page).getByRole('combobox', { name: 'Least level' }).selectOption('')
    await eventually(async () => expect(await texts(page)).toHaveLength(1))
  })

  test('the arrow keys go through the lines, Enter unfolds, o opens and closes the logs', async () => {
    const page = await show(LINES)
    await lines(page).first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await list(page).getByLabel('Body', { exact: true }).waitFor()
    await page.keyboard.press('End')
    const focused = () => page.evaluate('document.activeElement.textContent') as Promise<string>
    expect(await focused()).toContain('card declined')
    await page.keyboard.press('Home')
    expect(await focused()).toContain('before the trace')
    // One line only is in the way of the Tab key.
    expect(await list(page).locator('.lg-row[tabindex="0"]').count()).toBe(1)
    await page.keyboard.press('o')
    await list(page).waitFor({ state: 'detached' })
    expect(searchOf(page).get('log')).toBe('closed')
    await page.keyboard.press('o')
    await list(page).waitFor()
  })

  test.each([
    ['no table of logs', [], /OTEL_LOGS_EXPORTER=clickhouse.*spanhouse ddl --signal logs/s],
    [
      'none of this trace',
      ['telemetry.logs'],
      /No line of this trace is in telemetry\.logs.*pino/s,
    ],
  ])('without lines it says why, and what to do: %s', async (summary, tables, advice) => {
    logTables = tables
    const page = await show([])
    const toggle = panel(page).getByRole('button', { name: new RegExp(`Logs ${summary}`) })
    expect(await toggle.getAttribute('aria-expanded')).toBe('false')
    await toggle.click()
    await eventually(async () => expect(await panel(page).textContent()).toMatch(advice))
    expect(await seriousProblems(page)).toEqual([])
  })

  test('logs that cannot be read leave the trace as it is, and can be asked for again', async () => {
    const page = await show(
      { status: 403, error: { message: 'The user may not read telemetry.logs.' } },
      { query: '?log=open' },
    )
    await panel(page).getByText('The user may not read telemetry.logs.').waitFor()
    logs = { rows: LINES }
    await panel(page).getByRole('button', { name: 'Try again' }).click()
    await list(page).waitFor()
  })

  test('a trace without spans, which was not sampled, is shown by its lines', async () => {
    spans = []
    logs = { rows: LINES }
    opened = await openPage(browser, `${served.url}/trace/${TRACE}`)
    const { page } = opened
    await page.getByText('Waiting for the spans of this trace').waitFor()
    // A quarter of a minute goes by.
    await page.evaluate('{ const { now } = Date; Date.now = () => now() + 15_000 }')
    await page.getByText('There is no such trace.').waitFor()
    await page.getByRole('heading', { name: '5 log lines of this trace' }).waitFor()
    await lines(page).nth(2).click()
    await list(page).getByText('event cart.loaded').waitFor()
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, 'trace-logs-lone')
  })

  test('many lines are shown in part, and a trace with more than the server sends says so', async () => {
    const many = Array.from({ length: 1000 }, (_, i) => line(`line ${i}`, { time_us: OLD_US + i }))
    const page = await show({ rows: many, truncated: true })
    await panel(page).getByText('Only the first 1,000 lines are here').waitFor()
    expect(await lines(page).count()).toBe(200)
    await panel(page).getByRole('button', { name: 'Show 800 more lines' }).click()
    await eventually(async () => expect(await lines(page).count()).toBe(1000))
  })

  test('hostile lines stay text', async () => {
    const page = await show([
      line(SCRIPT, {
        severity_text: SCRIPT,
        severity_number: 255,
        service: SCRIPT,
        event_name: SCRIPT,
        span_id: SCRIPT,
        scope_name: SCRIPT,
        attributes: { [SCRIPT]: SCRIPT, __proto__x: 'x' },
        time_us: Number.NaN,
      }),
      line('\u202egnp.exe\u0000\u001b[31mred\nsecond line', { time_us: -1e18, severity_text: '' }),
      line('x'.repeat(500_000)),
      line(`{"a":${'['.repeat(20_000)}`),
      line('', { service: '' }),
    ])
    for (let i = 0; i < 5; i++) await lines(page).nth(i).click()
    expect(await panel(page).textContent()).toContain(SCRIPT)
    for (const harmful of ['\u202e', '\u001b'])
      expect(await panel(page).textContent()).not.toContain(harmful)
    expect(await page.title()).not.toContain('owned')
    expect(opened?.problems).toEqual([])
    spans = hostile()
    await page.reload()
    await lines(page).first().waitFor()
    expect(opened?.problems).toEqual([])
    await shot(page, 'trace-logs-hostile')
  })

  test.each(schemes('dark'))('axe finds nothing serious (%s)', async (colorScheme) => {
    const page = await show(LINES, { colorScheme, query: '?span=0000000000000001' })
    for (const i of [1, 2, 3]) await lines(page).nth(i).click()
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, `trace-logs-${colorScheme}`)
  })

  test.each(schemes('light'))('is readable at 360 px (%s)', async (colorScheme) => {
    const page = await show(LINES, { viewport: NARROW, colorScheme, hasTouch: true })
    // There is little room, so the waterfall has it at first.
    const toggle = panel(page).getByRole('button', { name: /^Logs/ })
    expect(await toggle.getAttribute('aria-expanded')).toBe('false')
    await toggle.click()
    await lines(page).nth(2).click()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width)
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, `trace-logs-narrow-${colorScheme}`)
  })
})
