import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, LONG } from '../kit/patience.js'
import {
  type Browser,
  builtPage,
  META,
  NARROW,
  noBrowser,
  openBrowser,
  openPage,
  type Served,
  seriousProblems,
  servePage,
  shot,
} from './kit.js'
import { busyApi, stubApi } from './stub-api.js'
import { stubTraces } from './stub-traces.js'

const nowUs = () => Date.now() * 1000

describe.skipIf(noBrowser)('the traces in every state', () => {
  let browser: Browser
  let served: Served
  beforeAll(async () => {
    browser = await openBrowser()
    served = await servePage(busyApi())
  })
  afterAll(async () => {
    await served?.close()
  })
  const open = (path = '/', options = {}) => openPage(browser, served.url + path, options)

  describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
    const all = [
      ['wide', undefined],
      ['narrow', NARROW],
    ] as const
    test.each(LONG ? all : all.filter(([name]) => (name === 'wide') === (colorScheme === 'light')))(
      'fit a %s screen and are accessible',
      async (name, viewport) => {
        served.setApi(busyApi())
        const { page, problems, close } = await open('/?q=service%3Apayment', {
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
      },
    )
  })

  test('no table yet: how to run an application; the table is found when it is there', async () => {
    served.setApi(stubApi({ meta: () => ({ body: { ...META, table: null, tables: [] } }) }))
    const { page, problems, close } = await open()
    await page.getByRole('heading', { name: 'No table of spans yet' }).waitFor()
    await page
      .getByText(
        'OTEL_EXPORTER_CLICKHOUSE_ENDPOINT=http://127.0.0.1:8123 npx spanhouse run -- node app.js',
      )
      .waitFor()
    await shot(page, 'traces-no-table')
    expect(await seriousProblems(page)).toEqual([])
    served.setApi(busyApi())
    await page.getByRole('listitem').first().waitFor()
    expect(problems).toEqual([])
    await close()
  })

  test('an empty table: how to run an application; the first trace appears', async () => {
    served.setApi(stubApi({ extent: () => ({ rows: [{ spans: 0, first_us: 0, last_us: 0 }] }) }))
    const { page, close } = await open('/', { viewport: NARROW })
    await page.getByRole('heading', { name: 'Waiting for the first trace' }).waitFor()
    await shot(page, 'traces-empty-narrow')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width)
    expect(await seriousProblems(page)).toEqual([])
    served.setApi(busyApi())
    await page.getByRole('listitem').first().waitFor()
    await close()
  })

  test('nothing in the range: the range that has data is offered', async () => {
    const lastUs = nowUs() - 3 * 3600e6
    served.setApi(
      stubApi({
        extent: () => ({ rows: [{ spans: 1204, first_us: lastUs - 86_400e6, last_us: lastUs }] }),
        traces: (asked) => ({
          rows:
            Number(asked.get('from')) < lastUs && lastUs < Number(asked.get('to'))
              ? stubTraces(3, lastUs)
              : [],
        }),
      }),
    )
    const { page, close } = await open()
    await page.getByRole('heading', { name: 'No traces in the last 15 minutes' }).waitFor()
    await page.getByText('The table has 1,204 spans.').waitFor()
    await page.getByText(/started 3 h ago/).waitFor()
    await page.getByRole('button', { name: 'Last 6 hours' }).waitFor()
    await shot(page, 'traces-nothing-in-range')
    expect(await seriousProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Show the last hour with data' }).click()
    await page.getByRole('listitem').first().waitFor()
    await eventually(() => {
      const asked = new URL(page.url()).searchParams
      expect(Number(asked.get('to'))).toBeGreaterThan(lastUs)
    })
    await close()
  })

  test('a search without results: each condition can be left out', async () => {
    served.setApi(
      busyApi({
        traces: (asked) => ({ rows: asked.get('q')?.includes('ok') ? [] : stubTraces(3, nowUs()) }),
        extent: () => ({ rows: [{ spans: 10, first_us: 1, last_us: nowUs() }] }),
      }),
    )
    const { page, close } = await open('/?q=service%3Ashop+status%3Aok')
    await page.getByRole('heading', { name: 'No trace matches' }).waitFor()
    await shot(page, 'traces-no-match')
    expect(await seriousProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Without status:ok' }).click()
    await page.getByRole('listitem').first().waitFor()
    await eventually(() => expect(new URL(page.url()).searchParams.get('q')).toBe('service:shop'))
    await close()
  })

  test('an error says why and how to mend it, and can be tried again', async () => {
    served.setApi((name) =>
      name === 'meta'
        ? { body: META }
        : {
            status: 502,
            error: {
              message: 'The user may not read telemetry.traces.',
              fix: 'GRANT SELECT ON telemetry.traces',
            },
          },
    )
    const { page, close } = await open('/?live=off')
    await page.getByRole('heading', { name: 'The user may not read telemetry.traces.' }).waitFor()
    await page.getByText('GRANT SELECT ON telemetry.traces').waitFor()
    await shot(page, 'traces-error')
    expect(await seriousProblems(page)).toEqual([])
    served.setApi(busyApi())
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('listitem').first().waitFor()
    await close()
  })

  test('what telemetry says stays text, however hostile, long or strange', async () => {
    const script = '<script>window.broken = 1</script><img src=x onerror="window.broken = 1">'
    const [row] = stubTraces(1, nowUs())
    if (!row) throw new Error('no row')
    const rows = [
      { ...row, root_name: script, root_service: script, services: [script, `${script}2`] },
      { ...row, trace_id: `"><b>${'x'.repeat(20)}`, root_name: 'a'.repeat(100_000) },
      {
        ...row,
        trace_id: '__proto__',
        root_name: '\u202Egnp.exe',
        root_service: 'constructor',
        services: ['constructor'],
      },
      {
        ...row,
        trace_id: '../../sql',
        root_name: '',
        root_service: '',
        services: [''],
        start_us: 9e15,
      },
      { ...row, trace_id: 'wrong-clock', start_us: 1e20, duration_ns: Number.MAX_VALUE },
      { ...row, trace_id: 'negative', start_us: -1, duration_ns: -5, spans: 0 },
    ]
    served.setApi(
      busyApi({
        traces: () => ({ rows }),
        services: () => ({ rows: [{ service: script, spans: 1 }] }),
        keys: () => ({ rows: [{ key: script, place: 'span', spans: 1 }] }),
      }),
    )
    const { page, problems, close } = await open(`/?q=${encodeURIComponent(script)}`)
    await page.getByRole('listitem').first().waitFor()
    expect(await page.getByRole('listitem').count()).toBe(rows.length)
    await page.getByText(script, { exact: true }).first().waitFor()
    await page.getByRole('combobox', { name: 'Search traces' }).fill('service:')
    await page.getByRole('option').first().waitFor()
    await shot(page, 'traces-hostile')
    expect(await page.evaluate('window.broken')).toBeUndefined()
    expect(await page.evaluate('document.querySelectorAll("main img, main script").length')).toBe(0)
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await page.locator('[data-trace="../../sql"]').click()
    await eventually(() => expect(new URL(page.url()).pathname).toBe('/trace/..%2F..%2Fsql'))
    expect(problems).toEqual([])
    await close()
  })

  test('the first paint needs less than 200 kB', async () => {
    const folder = await builtPage()
    const files = readdirSync(folder).filter((name) => /\.(js|css|html)$/.test(name))
    const bytes = files.map((name) => readFileSync(join(folder, name)))
    expect(files.sort()).toEqual(['app.css', 'app.js', 'index.html'])
    // The command sends the files compressed.
    expect(bytes.reduce((sum, one) => sum + gzipSync(one).length, 0)).toBeLessThan(200_000)
  })
})
