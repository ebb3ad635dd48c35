import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { SpanRow, TraceRow } from '../../packages/queries/src/index.js'
import { eventually, onThisMachine, SOON_MS } from '../kit/patience.js'
import { figure } from '../kit/results.js'
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
import { checkout, hostile, manySpans, OLD_US, OTHER_TRACE, spanRow, TRACE } from './trace-data.js'

const SQL = `/* spanhouse: trace */\nSELECT *\nFROM telemetry.traces\nWHERE trace_id = '${TRACE}'`

describe.skipIf(noBrowser)('a trace on the page', () => {
  let browser: Browser
  let served: Served
  let opened: OpenedPage | undefined
  /** The rows of each trace that the server has. */
  let traces: Record<string, readonly SpanRow[]> = {}
  /** What the server answers to every question instead. */
  let failure: Reply | undefined
  /** What a search finds. */
  let others: readonly TraceRow[] = []

  beforeAll(async () => {
    browser = await openBrowser()
    served = await servePage((name, parameters) => {
      if (name === 'meta') return { body: META }
      if (failure) return failure
      // In 1970 there was no trace.
      if (parameters.get('around') === '1') return { rows: [] }
      if (name === 'trace') return { rows: traces[parameters.get('id') ?? ''] ?? [], sql: SQL }
      return { rows: name === 'traces' ? others : [] }
    })
  })
  afterEach(async () => {
    await opened?.close()
    opened = undefined
  })
  afterAll(async () => {
    await served?.close()
  })

  async function show(
    rows: readonly SpanRow[],
    { query = '', ...options }: Parameters<typeof openPage>[2] & { query?: string } = {},
  ): Promise<Page> {
    traces = { [TRACE]: rows }
    opened = await openPage(browser, `${served.url}/trace/${TRACE}${query}`, {
      permissions: ['clipboard-read', 'clipboard-write'],
      ...options,
    })
    await opened.page.getByRole('tree', { name: 'Spans' }).waitFor()
    return opened.page
  }
  const rowTexts = (page: Page) => page.getByRole('treeitem').allInnerTexts()
  const cursor = (page: Page) => page.getByRole('treeitem', { selected: true })
  const clipboard = (page: Page) =>
    page.evaluate('navigator.clipboard.readText()') as Promise<string>
  const searchOf = (page: Page) => new URL(page.url()).searchParams

  test('says what the trace is: root, duration, spans, services, errors', async () => {
    const page = await show(checkout())
    const facts = page.getByRole('main')
    await page.getByRole('heading', { name: 'storefront POST /checkout' }).waitFor()
    for (const text of ['612 ms', '58', '5', 'mailer'])
      expect(await facts.getByText(text, { exact: true }).count()).toBeGreaterThan(0)
    expect(await page.getByRole('list', { name: 'Services' }).getByRole('listitem').count()).toBe(5)
    expect(opened?.problems).toEqual([])
    await shot(page, 'trace-wide')
  })

  test('48 queries one after another are one row, which opens', async () => {
    const page = await show(checkout())
    const group = page.getByRole('treeitem').filter({ hasText: '×48' })
    expect(await group.textContent()).toMatch(/×48\s*312 ms · one after another \(N\+1\)/)
    expect(await page.getByRole('treeitem').filter({ hasText: 'SELECT cart.items' }).count()).toBe(
      1,
    )
    await group.locator('.wf-twisty').click()
    await eventually(async () =>
      expect(
        await page.getByRole('treeitem').filter({ hasText: 'SELECT cart.items' }).count(),
      ).toBeGreaterThan(10),
    )
    expect(await group.getAttribute('aria-expanded')).toBe('true')
    await shot(page, 'trace-repeats-open')
  })

  test('an orphan is shown below its missing parent', async () => {
    const page = await show(checkout())
    const texts = await rowTexts(page)
    const missing = texts.findIndex((text) => text.includes('Missing parent'))
    expect(texts[missing]).toContain('feedface…')
    expect(texts[missing + 1]).toContain('send receipt')
    await page.getByRole('treeitem').filter({ hasText: 'send receipt' }).click()
    await page.getByText('This parent is not among the spans.').waitFor()
  })

  test('the detail shows attributes, resource, events with their stack, links and ids', async () => {
    const page = await show(checkout())
    await page.getByRole('treeitem').filter({ hasText: 'payments' }).click()
    const detail = page.getByRole('complementary', { name: 'Span' })
    await detail.getByRole('heading', { name: 'POST /pay' }).waitFor()
    for (const text of [
      'payment.provider',
      'acme',
      'service.version',
      '1.4.0',
      'CardDeclinedError: Card declined: insufficient funds',
      '0000000000000009',
      '@opentelemetry/instrumentation-http 0.223.0',
    ])
      expect(await detail.getByText(text, { exact: true }).count()).toBeGreaterThan(0)
    const stack = detail.getByLabel('Stack trace')
    expect(await stack.textContent()).toContain('at charge (/srv/payments/src/charge.js:42:11)')
    expect(await stack.locator('.is-own').count()).toBe(2)
    expect(await stack.locator('.is-foreign').count()).toBe(3)
    expect(searchOf(page).get('span')).toBe('0000000000000009')
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, 'trace-detail-wide')
    await page.getByRole('button', { name: 'Close the detail' }).click()
    await detail.waitFor({ state: 'detached' })
    expect(searchOf(page).get('span')).toBeNull()
  })

  test('a link to a span opens it, also inside of a closed group, and the back button leaves it', async () => {
    const page = await show(checkout(), { query: '?span=0000000000000080' })
    await page
      .getByRole('complementary')
      .getByRole('heading', { name: 'SELECT cart.items' })
      .waitFor()
    await eventually(async () => expect(await cursor(page).getAttribute('aria-level')).toBe('6'))
    expect(await cursor(page).isVisible()).toBe(true)
    await page.getByRole('tree').press('Home')
    await eventually(() => expect(searchOf(page).get('span')).toBe('0000000000000001'))
  })

  test('links lead to the other trace, and to a span of this one', async () => {
    const page = await show(checkout())
    traces[OTHER_TRACE] = [
      spanRow({ id: '00f067aa0ba902b7', at: [0, 5], name: 'earlier try', trace_id: OTHER_TRACE }),
    ]
    await page.getByRole('treeitem').filter({ hasText: 'storefront POST /reservations' }).click()
    await page.getByRole('button', { name: /GET \/cart\/:id/ }).click()
    await page.getByRole('complementary').getByRole('heading', { name: 'GET /cart/:id' }).waitFor()
    await page.getByRole('treeitem').filter({ hasText: 'storefront POST /reservations' }).click()
    await page.getByRole('link', { name: /Trace 4bf92f35/ }).click()
    await page.getByRole('heading', { name: 'storefront earlier try', level: 1 }).waitFor()
    await eventually(() => expect(new URL(page.url()).pathname).toBe(`/trace/${OTHER_TRACE}`))
    await page.getByRole('complementary').getByRole('heading', { name: 'earlier try' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'storefront POST /checkout' }).waitFor()
  })

  test('each value can be copied and searched for', async () => {
    const page = await show(checkout(), { query: '?span=0000000000000001' })
    await page.getByRole('button', { name: 'Copy http.route' }).click()
    await eventually(async () => expect(await clipboard(page)).toBe('/checkout'))
    await page
      .getByRole('link', { name: 'Search traces with this value of user_agent.original' })
      .click()
    await eventually(() => expect(new URL(page.url()).pathname).toBe('/'))
    expect(searchOf(page).get('q')).toMatch(/^user_agent\.original="Mozilla\/5\.0 \(X11.*"$/)
  })

  test('trace and span are copied as Markdown, JSON and SQL', async () => {
    const page = await show(checkout(), { query: '?span=0000000000000009' })
    const copies = async (press: () => Promise<unknown>, check: (text: string) => void) => {
      await page.evaluate("navigator.clipboard.writeText('')")
      await press()
      await eventually(async () => check(await clipboard(page)))
    }
    const menu = (name: string) => async () => {
      await page.getByRole('button', { name: 'Copy this trace' }).click()
      await page.getByRole('button', { name, exact: true }).click()
      await page.getByText('Copied').first().waitFor()
      await page.keyboard.press('Escape')
    }
    await copies(menu('As Markdown'), (text) => expect(text).toMatch(/^\*\*Trace\*\* `0af7/))
    await copies(menu('As JSON'), (text) => {
      expect(JSON.parse(text)).toMatchObject({ trace_id: TRACE, spans: { length: 58 } })
    })
    await copies(menu('SQL'), (text) => expect(text).toBe(SQL))
    const detail = page.getByRole('complementary')
    const button = (name: string) => () => detail.getByRole('button', { name }).click()
    await copies(button('Copy Markdown'), (text) =>
      expect(text).toMatch(/^\*\*Span\*\* `payments POST \/pay`/),
    )
    await copies(button('Copy JSON'), (text) => {
      expect(JSON.parse(text)).toMatchObject({ trace_id: TRACE, span_id: '0000000000000009' })
    })
    await copies(button('Copy SQL'), (text) => {
      expect(text).toContain(SQL)
      expect(text).toContain("WHERE span_id = '0000000000000009'")
    })
  })

  test('everything is reached with the keyboard alone', async () => {
    const page = await show(checkout())
    const { keyboard } = page
    const at = async (text: string) =>
      eventually(async () => expect(await cursor(page).textContent()).toContain(text))
    await at('POST /checkout')
    await keyboard.press('ArrowDown')
    await at('middleware - session')
    await keyboard.press('j')
    await keyboard.press('j')
    await at('GET /cart/8841')
    await keyboard.press('k')
    await at('request handler')
    await keyboard.press('h')
    expect(await cursor(page).getAttribute('aria-expanded')).toBe('false')
    await keyboard.press('l')
    expect(await cursor(page).getAttribute('aria-expanded')).toBe('true')
    await keyboard.press('End')
    await at('send receipt')
    await keyboard.press('Home')
    await keyboard.press('e')
    await at('POST /pay')
    await keyboard.press('e')
    await at('payments')
    await keyboard.press('Enter')
    const detail = page.getByRole('complementary')
    await detail.waitFor()
    expect(await page.evaluate("document.activeElement.getAttribute('aria-label')")).toBe('Span')
    await keyboard.press('Escape')
    await detail.waitFor({ state: 'detached' })
    await keyboard.press('ArrowUp')
    await at('storefront')
    await keyboard.press('/')
    await keyboard.type('SELECT cart')
    await page.getByText('– / 48').waitFor()
    await keyboard.press('Enter')
    await at('SELECT cart.items')
    await page.getByText('1 / 48').waitFor()
    await keyboard.press('Enter')
    await page.getByText('2 / 48').waitFor()
    await keyboard.press('Shift+Enter')
    await page.getByText('1 / 48').waitFor()
    await keyboard.press('Escape')
    expect(searchOf(page).get('find')).toBeNull()
    await keyboard.press('1')
    await eventually(async () => expect(await rowTexts(page)).toHaveLength(2))
    await keyboard.press(']')
    await eventually(async () => expect((await rowTexts(page)).length).toBeGreaterThan(3))
    await keyboard.press('L')
    await eventually(async () => expect((await rowTexts(page)).length).toBeGreaterThan(20))
    await keyboard.press('c')
    await page.getByText('Trace copied as Markdown').waitFor()
    expect(await clipboard(page)).toMatch(/^\*\*Trace\*\*/)
    await keyboard.press('?')
    await page.getByRole('dialog', { name: 'Help' }).getByText('Next and previous error').waitFor()
    await shot(page, 'trace-help')
    expect(opened?.problems).toEqual([])
  })

  test('dragging on the ruler zooms, and the zoom is reset', async () => {
    const page = await show(checkout())
    const ruler = page.locator('.wf-ruler')
    const box = await ruler.boundingBox()
    if (!box) throw new Error('no ruler')
    const before = await ruler.textContent()
    await page.mouse.move(box.x + box.width * 0.6, box.y + 10)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.8, box.y + 10, { steps: 4 })
    await shot(page, 'trace-dragging')
    await page.mouse.up()
    await page.getByRole('button', { name: 'Reset zoom' }).waitFor()
    expect(await ruler.textContent()).toMatch(/380 ms[\s\S]*480 ms/)
    await shot(page, 'trace-zoomed')
    await page.getByRole('button', { name: 'Reset zoom' }).click()
    await eventually(async () => expect(await ruler.textContent()).toBe(before))
  })

  test('the critical path is drawn in the bars, and can be switched off', async () => {
    const page = await show(checkout())
    expect(await page.locator('.wf-critical').count()).toBeGreaterThan(5)
    await page.getByRole('button', { name: 'Critical path' }).click()
    await eventually(async () => expect(await page.locator('.wf-critical').count()).toBe(0))
    expect(searchOf(page).get('critical')).toBe('off')
  })

  test('noise is hidden without losing the tree, and the address keeps it', async () => {
    const page = await show(checkout())
    await page.getByRole('button', { name: 'Hide noise' }).click()
    await page.getByLabel('Internal spans').check()
    await page.getByLabel(/^pg/).check()
    await shot(page, 'trace-noise')
    await eventually(async () => {
      const texts = (await rowTexts(page)).join('\n')
      expect(texts).not.toContain('middleware')
      expect(texts).not.toContain('SELECT')
      // It is internal too, but others are in it.
      expect(texts).toContain('request handler')
    })
    await page.getByRole('button', { name: /49 spans are hidden/ }).waitFor()
    await page.reload()
    await page.getByRole('button', { name: /49 spans are hidden/ }).waitFor()
  })

  test('a trace that is not there is waited for, and appears with its spans', async () => {
    traces = {}
    opened = await openPage(browser, `${served.url}/trace/${TRACE}`)
    const { page } = opened
    await page.getByText('Waiting for the spans of this trace').waitFor()
    await shot(page, 'trace-waiting')
    const nowUs = Date.now() * 1000
    const fresh = checkout().map((row) => ({ ...row, start_us: nowUs + row.offset_ns / 1000 }))
    traces = { [TRACE]: fresh.slice(0, 5) }
    await page.getByRole('heading', { name: 'storefront POST /checkout' }).waitFor()
    traces = { [TRACE]: fresh }
    await page.getByRole('treeitem').filter({ hasText: '×48' }).waitFor()
  })

  test('a trace that cannot be is said to be none, and looking again asks again', async () => {
    traces = {}
    opened = await openPage(browser, `${served.url}/trace/nothing?around=1`)
    const { page } = opened
    await page.getByText('There is no such trace.').waitFor()
    expect(await seriousProblems(page)).toEqual([])
    traces = { nothing: checkout() }
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByRole('tree').waitFor()
    expect(searchOf(page).get('around')).toBeNull()
  })

  test('a span that is not there is said to be, and one that arrives later is opened', async () => {
    const nowUs = Date.now() * 1000
    const fresh = checkout().map((row) => ({ ...row, start_us: nowUs + row.offset_ns / 1000 }))
    const page = await show(fresh.slice(0, 3), { query: '?span=0000000000000009' })
    await page.getByText(/The span 0000000000000009 is not among the 3 spans yet/).waitFor()
    traces = { [TRACE]: fresh }
    await page.getByRole('complementary').getByRole('heading', { name: 'POST /pay' }).waitFor()
    expect(await page.title()).toBe('POST /checkout · spanhouse')
  })

  test('why a trace cannot be read is said, and it can be tried again', async () => {
    failure = { status: 503, error: { message: 'ClickHouse does not answer.', fix: 'Start it.' } }
    traces = { [TRACE]: checkout() }
    opened = await openPage(browser, `${served.url}/trace/${TRACE}`)
    const { page } = opened
    await page.getByRole('alert').getByText('ClickHouse does not answer.').waitFor()
    await page.getByText('Start it.').waitFor()
    failure = undefined
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('tree').waitFor()
  })

  test('a group says how long its spans take, and rows that were stored twice are shown once', async () => {
    const rows = checkout()
    const page = await show([...rows, ...rows.slice(0, 7)])
    await page.getByText('7 rows were stored twice and are shown once.').waitFor()
    await page.getByRole('treeitem').filter({ hasText: '×48' }).click()
    const detail = page.getByRole('complementary', { name: 'Span' })
    await detail.getByText('the N+1 problem').waitFor()
    expect(await detail.getByText('6.50 ms', { exact: true }).count()).toBe(3)
    await detail.getByRole('button', { name: 'Show its spans' }).click()
    await detail.getByRole('button', { name: 'Hide its spans' }).waitFor()
  })

  test('hostile telemetry stays text, and nothing leaves the page', async () => {
    const page = await show(hostile(), { query: '?span=0000000000000001' })
    await page.getByRole('complementary').waitFor()
    await page.keyboard.press('L')
    expect(await page.evaluate("document.querySelectorAll('img, script:not([src])').length")).toBe(
      0,
    )
    expect(await page.evaluate('document.querySelectorAll(\'a[href^="javascript"]\').length')).toBe(
      0,
    )
    expect(await page.title()).not.toBe('owned')
    expect(await page.getByRole('main').textContent()).not.toContain('\u202e')
    await page.getByRole('button', { name: /Show all 500,000 characters/ }).click()
    for (const text of await page.getByRole('treeitem').allInnerTexts()) expect(text).not.toBe('')
    await page.getByRole('treeitem').nth(1).click()
    await shot(page, 'trace-hostile')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1280)
    expect(opened?.problems).toEqual([])
    expect(await seriousProblems(page)).toEqual([])
  })

  test('10,000 spans open within a second and stay few elements', async () => {
    const page = await show(checkout())
    traces[OTHER_TRACE] = manySpans()
    // From the press on a link to the first picture with rows: request, JSON, the model, and drawing.
    const openedMs = (await page.evaluate(`new Promise((resolve) => {
      const from = performance.now()
      new MutationObserver((_, observer) => {
        const isOpen = document.querySelector('h1')?.textContent.includes('operation 0')
        if (!isOpen || document.querySelectorAll('[role=treeitem]').length < 10) return
        observer.disconnect()
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - from)))
      }).observe(document.body, { childList: true, subtree: true, characterData: true })
      const link = document.createElement('a')
      link.href = '/trace/${OTHER_TRACE}'
      document.querySelector('.shell').append(link)
      link.click()
    })`)) as number
    figure('page: a trace of 10,000 spans opens', { openedMs: Math.round(openedMs) })
    expect(openedMs).toBeLessThan(onThisMachine(SOON_MS))
    expect(await page.getByRole('treeitem').count()).toBeLessThan(80)
    await page.keyboard.press('End')
    await eventually(async () =>
      expect(await cursor(page).getAttribute('aria-posinset')).toBe('10000'),
    )
    await shot(page, 'trace-10000')
  })

  test('two traces are compared: what is only in one, what takes longer, and the way back to each', async () => {
    const slower = checkout({ queries: 60, slowMs: 300 }).filter(
      (row) => row.service !== 'inventory',
    )
    const page = await show(checkout())
    traces[OTHER_TRACE] = slower.map((row) => ({ ...row, trace_id: OTHER_TRACE }))
    others = [briefOf(OTHER_TRACE, 912e6), briefOf(TRACE, 612e6)]
    await page.getByRole('button', { name: 'Compare with another trace' }).click()
    await page.getByRole('link', { name: /4bf92f35.*912 ms/ }).waitFor()
    expect(await page.getByRole('link', { name: /0af76519/ }).count()).toBe(0)
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, 'compare-menu')
    await page.getByRole('link', { name: /4bf92f35.*912 ms/ }).click()
    await page.getByRole('heading', { name: 'Two traces' }).waitFor()
    await eventually(() =>
      expect(new URL(page.url()).pathname).toBe(`/compare/${TRACE}/${OTHER_TRACE}`),
    )
    await page.getByText('+300 ms').first().waitFor()
    const row = (text: string) => page.getByRole('row').filter({ hasText: text })
    expect(await row('inventory').textContent()).toContain('only in A')
    expect(await row('SELECT cart.items').textContent()).toMatch(
      /312 ms\s*×48.*390 ms\s*×60.*\+78\.0 ms/s,
    )
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, 'compare-wide')
    await page.getByLabel('Only what differs').check()
    await eventually(async () => expect(await row('middleware').count()).toBe(0))
    await page.getByLabel('Largest difference first').check()
    await eventually(async () =>
      expect(await page.getByRole('row').nth(1).textContent()).toContain('+300 ms'),
    )
    await page.getByRole('link', { name: 'Swap' }).click()
    await page.getByText('−300 ms').first().waitFor()
    await page.getByRole('region', { name: 'Trace B' }).getByRole('link').click()
    await page.getByRole('tree').waitFor()
    await eventually(() => expect(new URL(page.url()).pathname).toBe(`/trace/${TRACE}`))
    expect(opened?.problems).toEqual([])
  })

  test('the first of two traces is remembered while the second is looked for', async () => {
    const page = await show(checkout(), { viewport: NARROW })
    traces[OTHER_TRACE] = checkout().map((row) => ({ ...row, trace_id: OTHER_TRACE }))
    others = []
    await page.getByRole('button', { name: 'Compare with another trace' }).click()
    await page.getByText('There is no other trace of it.').waitFor()
    await page.getByRole('button', { name: 'Remember this trace' }).click()
    await page.getByText(/^Remembered: open the other trace/).waitFor()
    await page.goto(`${served.url}/trace/${OTHER_TRACE}`)
    await page.getByRole('button', { name: 'Compare with another trace' }).click()
    await page.getByRole('link', { name: /storefront POST \/checkout.*612 ms/ }).click()
    await page.getByRole('table', { name: 'Operations' }).waitFor()
    await eventually(() =>
      expect(new URL(page.url()).pathname).toBe(`/compare/${TRACE}/${OTHER_TRACE}`),
    )
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width)
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, 'compare-narrow')
    await page.getByLabel('Only what differs').check()
    await page.getByText('Nothing differs.').waitFor()
  })

  test('a trace that is not there cannot be compared, and the page says so', async () => {
    traces = { [TRACE]: checkout() }
    opened = await openPage(browser, `${served.url}/compare/${TRACE}/${OTHER_TRACE}`)
    await opened.page.getByText('One of the traces is not there.').waitFor()
    expect(await opened.page.getByRole('link', { name: OTHER_TRACE }).count()).toBe(1)
  })

  test.each(schemes('light'))('is readable at 360 px (%s)', async (colorScheme) => {
    const page = await show(checkout(), { viewport: NARROW, colorScheme, hasTouch: true })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width)
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, `trace-narrow-${colorScheme}`)
    await page.getByRole('treeitem').filter({ hasText: 'payments' }).click()
    await page.getByRole('complementary').waitFor()
    await shot(page, `trace-detail-narrow-${colorScheme}`)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width)
    expect(await seriousProblems(page)).toEqual([])
    await page.goBack()
    await page.getByRole('complementary').waitFor({ state: 'detached' })
  })

  test.each(schemes('dark'))('axe finds nothing serious (%s)', async (colorScheme) => {
    const page = await show(checkout(), { colorScheme, query: '?span=0000000000000006&find=cart' })
    await page.keyboard.press('L')
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, `trace-full-${colorScheme}`)
  })
})

/** The checkout as the list has it. */
function briefOf(id: string, durationNs: number): TraceRow {
  return {
    trace_id: id,
    start_us: OLD_US,
    duration_ns: durationNs,
    root_service: 'storefront',
    root_name: 'POST /checkout',
    has_root: true,
    spans: 58,
    errors: 3,
    services: ['storefront', 'cart'],
  }
}
