import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/patience.js'
import {
  type Api,
  type Browser,
  META,
  NARROW,
  noBrowser,
  type OpenedPage,
  openBrowser,
  openPage,
  type Page,
  type Served,
  schemes,
  seriousProblems,
  servePage,
  shot,
} from './kit.js'
import { readSql } from './read-sql.js'

const ID = '0af7651916cd43dd8448eb211c80319c'
const HOSTILE = '<img src=x onerror=document.title=1>'

describe.skipIf(noBrowser)('the view of SQL', () => {
  let browser: Browser
  let server: ClickHouseServer
  let served: Served
  let opened: OpenedPage | undefined
  const api: Api = (name, parameters, body) => {
    if (name === 'meta') return { body: META }
    if (name === 'sql') return readSql(server, (JSON.parse(body) as { sql: string }).sql)
    if (name === 'traces')
      return { rows: [{ trace_id: ID, start_us: 5 }], sql: 'SELECT 1 AS traces' }
    return { rows: [], sql: `SELECT '${name} ${parameters.get('id') ?? ''}' AS query` }
  }
  beforeAll(async () => {
    browser = await openBrowser()
    server = await startClickHouse()
    served = await servePage(api)
    await fetch(server.url, { method: 'POST', body: 'CREATE TABLE kept (n UInt8) ORDER BY n' })
  })
  afterEach(async () => {
    await opened?.close()
    opened = undefined
  })
  afterAll(async () => {
    await served?.close()
    await server?.stop()
  })
  const open = async (path = '/sql', options?: Parameters<typeof openPage>[2]) => {
    opened = await openPage(browser, served.url + path, options)
    return opened
  }
  const box = (page: Page) => page.getByRole('textbox', { name: 'SQL' })
  const run = async (page: Page, sql: string) => {
    await box(page).fill(sql)
    await page.keyboard.press('Control+Enter')
  }

  test('Ctrl+Enter runs the statement; the result has types, numbers, NULL, and links to traces', async () => {
    const { page, problems } = await open()
    await page.getByText('Ask ClickHouse anything').waitFor()
    await shot(page, 'sql-empty')
    await run(
      page,
      `SELECT '${ID}' AS trace_id, toUInt64(18446744073709551615) AS large, NULL AS nothing, map('a', 'b') AS tags`,
    )
    const link = page.getByRole('link', { name: ID })
    await link.waitFor()
    expect(await link.getAttribute('href')).toBe(`/trace/${ID}`)
    await page.getByRole('cell', { name: '18446744073709551615' }).waitFor()
    await page.getByRole('cell', { name: 'NULL' }).waitFor()
    await page.getByRole('cell', { name: '{"a":"b"}' }).waitFor()
    await page.getByText('Map(String, String)').waitFor()
    await page.getByText('1 row', { exact: true }).waitFor()
    expect(await seriousProblems(page)).toEqual([])
    expect(problems).toEqual([])
  })

  test('markup in a result stays text, in the table and in bars', async () => {
    const { page, problems } = await open()
    await run(page, `SELECT '${HOSTILE}' AS \`<b>name</b>\`, 3 AS c`)
    await page.getByRole('cell', { name: HOSTILE }).waitFor()
    await page.getByRole('button', { name: 'Chart', exact: true }).click()
    await page.locator('.bars').getByText(HOSTILE).waitFor()
    expect(await page.locator('main img, main b b').count()).toBe(0)
    expect(await page.title()).toBe('SQL · spanhouse')
    expect(problems).toEqual([])
  })

  test('a statement that writes is refused with a clear sentence, and nothing is written', async () => {
    const { page } = await open()
    for (const sql of [
      'INSERT INTO kept VALUES (1)',
      'DROP TABLE kept',
      'SET readonly = 0',
      'SELECT 1 SETTINGS readonly = 0',
    ]) {
      await run(page, sql)
      await page
        .getByRole('heading', {
          name: /^Only reading is allowed here, and ClickHouse says: .*readonly/,
        })
        .waitFor()
      await page.getByText('write SELECT, SHOW, DESCRIBE or EXPLAIN').waitFor()
      await box(page).fill('')
      await run(page, "SELECT 'between'")
      await page.getByRole('cell', { name: 'between' }).waitFor()
    }
    await run(page, 'INSERT INTO kept VALUES (1)')
    await page.getByRole('heading', { name: /Only reading/ }).waitFor()
    await shot(page, 'sql-refused')
    await run(page, 'SELECT count() AS kept_rows FROM kept')
    await page.getByRole('cell', { name: '0', exact: true }).waitFor()
  })

  test('an error has the sentence of the server and the place, which a button goes to', async () => {
    const { page, problems } = await open()
    const sql = "SELECT 'héllo',\n  1 FORM numbers(3) WHERE"
    await run(page, sql)
    const go = page.getByRole('button', { name: /^Go to line 2, column \d+$/ })
    await go.waitFor()
    await page.getByRole('heading', { name: /^ClickHouse says: Syntax error/ }).waitFor()
    await shot(page, 'sql-error')
    expect(await seriousProblems(page)).toEqual([])
    await go.click()
    const at = (await page.evaluate('document.activeElement.selectionStart')) as number
    const said = /column (\d+)/.exec((await go.textContent()) ?? '')?.[1]
    expect(at).toBe(sql.indexOf('\n') + Number(said))
    expect(sql.slice(at)).toMatch(/^(FORM|numbers|\()/)
    expect(problems).toEqual([])
  })

  test('of many rows few are in the document, all can be scrolled to, and the limit is said', async () => {
    const { page, problems } = await open()
    await run(
      page,
      "SELECT number AS n, concat('row ', toString(number)) AS text, now() AS t FROM numbers(1000000)",
    )
    await page.getByText('The first 10,000 rows; there are more').waitFor()
    expect(await page.locator('.table-line').count()).toBeLessThan(80)
    await page
      .getByRole('button', { name: 'Table', exact: true })
      .or(page.getByRole('table'))
      .first()
      .waitFor()
    await page.locator('.table-box').evaluate((element) => {
      element.scrollTop = element.scrollHeight
    })
    await page.getByRole('cell', { name: 'row 9999', exact: true }).waitFor()
    await page.getByRole('button', { name: /^n/ }).click()
    await page.locator('.table-box').evaluate((element) => {
      element.scrollTop = 0
    })
    await page.getByRole('cell', { name: 'row 9999', exact: true }).waitFor()
    await shot(page, 'sql-table')
    expect(problems).toEqual([])
  })

  test.each(schemes('dark'))('a time and numbers are shown as lines (%s)', async (colorScheme) => {
    const { page, problems } = await open('/sql', { colorScheme })
    await run(
      page,
      `SELECT toStartOfMinute(toDateTime('2026-01-01 10:00:00') + number * 60) AS minute,
  round(100 + 40 * sin(number / 9)) AS requests, round(20 + 9 * cos(number / 5)) AS errors, 1e6 * (number + 1) AS p95_ns
FROM numbers(120)`,
    )
    await page.getByRole('img', { name: /^Over time\. requests: / }).waitFor()
    await page
      .getByRole('img', { name: /^Durations over time\. p95_ns: 1.00 ms to 120 ms/ })
      .waitFor()
    await shot(page, `sql-lines-${colorScheme}`)
    expect(await seriousProblems(page)).toEqual([])
    await page.getByRole('button', { name: 'Table', exact: true }).click()
    await page.getByRole('cell', { name: '2026-01-01 10:00:00' }).waitFor()
    expect(problems).toEqual([])
  })

  test('a text and a number can be shown as bars', async () => {
    const { page } = await open()
    await run(
      page,
      "SELECT concat('GET /products/', toString(number)) AS name, intDiv(1000, number + 1) AS spans FROM numbers(12)",
    )
    await page.getByRole('button', { name: 'Chart', exact: true }).click()
    expect(await page.locator('.bars li').count()).toBe(12)
    await shot(page, 'sql-bars')
    expect(await seriousProblems(page)).toEqual([])
  })

  test('the queries of the views are starting points', async () => {
    const { page } = await open('/sql?range=1h')
    await page.getByRole('button', { name: 'Queries of the views' }).click()
    await shot(page, 'sql-starts')
    expect(await seriousProblems(page)).toEqual([])
    await page.getByRole('button', { name: /^services/ }).click()
    await eventually(async () =>
      expect(await box(page).inputValue()).toBe("SELECT 'services ' AS query"),
    )
    await page.getByRole('button', { name: 'Queries of the views' }).click()
    await page.getByRole('button', { name: /^trace\b/ }).click()
    await eventually(async () =>
      expect(await box(page).inputValue()).toBe(`SELECT 'trace ${ID}' AS query`),
    )
  })

  test('the history stays over a reload until it is cleared', async () => {
    const { page } = await open()
    for (const n of [1, 2]) {
      await run(page, `SELECT ${n} AS n`)
      await page.getByRole('cell', { name: `${n}`, exact: true }).waitFor()
    }
    await page.reload()
    await page.getByRole('button', { name: 'History' }).click()
    await page.getByRole('button', { name: 'SELECT 1 AS n' }).click()
    await eventually(async () => expect(await box(page).inputValue()).toBe('SELECT 1 AS n'))
    await page.getByRole('button', { name: 'History' }).click()
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('Statements that you run are kept here').waitFor()
    expect(await page.evaluate('localStorage.length')).toBe(0)
  })

  test('the statement is in the address only after asking for a link, and a link is not run by itself', async () => {
    const { page } = await open()
    await run(page, 'SELECT 41 + 1 AS answer')
    await page.getByRole('cell', { name: '42' }).waitFor()
    await eventually(() => expect(page.url()).toBe(`${served.url}/sql`))
    await page.getByRole('button', { name: 'Link' }).click()
    await eventually(() =>
      expect(page.url()).toBe(`${served.url}/sql#sql=SELECT%2041%20%2B%201%20AS%20answer`),
    )
    const before = served.calls.filter((call) => call.startsWith('/api/sql')).length
    const other = await openPage(browser, page.url())
    await eventually(async () =>
      expect(await box(other.page).inputValue()).toBe('SELECT 41 + 1 AS answer'),
    )
    expect(served.calls.filter((call) => call.startsWith('/api/sql'))).toHaveLength(before)
    await other.close()
  })

  test('a statement from another view is taken into the box and out of the address', async () => {
    const { page } = await open('/sql?range=1h&sql=SELECT%207')
    await eventually(async () => expect(await box(page).inputValue()).toBe('SELECT 7'))
    await eventually(() => expect(page.url()).toBe(`${served.url}/sql?range=1h`))
  })

  test('the result is copied as TSV, JSON and Markdown', async () => {
    const { page } = await open('/sql', { permissions: ['clipboard-read', 'clipboard-write'] })
    await run(page, "SELECT 'a' AS name, 1 AS n")
    for (const [format, text] of [
      ['TSV', 'name\tn\na\t1\n'],
      ['JSON', '[\n  {\n    "name": "a",\n    "n": 1\n  }\n]\n'],
      ['Markdown', '| name | n |\n| --- | ---: |\n| a | 1 |\n'],
    ] as const) {
      await page.getByRole('button', { name: format, exact: true }).click()
      await eventually(async () =>
        expect(await page.evaluate('navigator.clipboard.readText()')).toBe(text),
      )
    }
  })

  test('a statement that takes long can be cancelled, and the next one runs', async () => {
    const { page } = await open()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    served.setApi(async (name, ...rest) => {
      if (name === 'sql') await held
      return api(name, ...rest)
    })
    await run(page, "SELECT 'late' AS answer")
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Ask ClickHouse anything').waitFor()
    served.setApi(api)
    release()
    await run(page, "SELECT 'next' AS answer")
    await page.getByRole('cell', { name: 'next' }).waitFor()
    expect(await page.getByRole('cell', { name: 'late' }).count()).toBe(0)
  })

  test('a row that is longer than an answer may be is not called missing', async () => {
    served.setApi((name, ...rest) =>
      name === 'sql'
        ? {
            body: {
              columns: [{ name: 'big', type: 'String' }],
              rows: [],
              elapsedMs: 1,
              rowsRead: 1,
              truncated: true,
            },
          }
        : api(name, ...rest),
    )
    const { page } = await open()
    await run(page, 'SELECT big FROM kept')
    await page.getByText('The first row is too long to be shown').waitFor()
    await page.getByText('1 row read').waitFor()
    served.setApi(api)
  })

  test('a result without rows and a statement without a result are said', async () => {
    const { page } = await open()
    await run(page, 'SELECT n FROM kept')
    await page.getByText('The statement ran, and its result has no rows.').waitFor()
  })

  test('fits a narrow screen', async () => {
    const { page, problems } = await open('/sql', { viewport: NARROW, colorScheme: 'dark' })
    await run(
      page,
      "SELECT number AS n, repeat('long text ', 20) AS text, now() AS t FROM numbers(100)",
    )
    await page
      .getByRole('cell', { name: '99', exact: true })
      .or(page.locator('.table-line').first())
      .first()
      .waitFor()
    await shot(page, 'narrow-sql')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width)
    expect(await page.evaluate('document.querySelector("main").scrollWidth')).toBe(NARROW.width)
    expect(await seriousProblems(page)).toEqual([])
    expect(problems).toEqual([])
  })
})
