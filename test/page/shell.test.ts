import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/patience.js'
import {
  type Browser,
  META,
  NARROW,
  noBrowser,
  openBrowser,
  openPage,
  type Served,
  schemes,
  seriousProblems,
  servePage,
  shot,
} from './kit.js'

describe.skipIf(noBrowser)('the frame of the page', () => {
  let browser: Browser
  let served: Served
  beforeAll(async () => {
    browser = await openBrowser()
    served = await servePage((name) => (name === 'meta' ? { body: META } : { rows: [] }))
  })
  afterAll(async () => {
    await served?.close()
  })

  test('links between views keep the range and the table, and the back button goes back', async () => {
    const { page, problems, close } = await openPage(browser, `${served.url}/sql?range=1h`)
    await page.getByRole('link', { name: 'Health' }).click()
    await eventually(() => expect(page.url()).toBe(`${served.url}/health?range=1h`))
    expect(await page.title()).toBe('Health · spanhouse')
    await page.goBack()
    await eventually(() => expect(page.url()).toBe(`${served.url}/sql?range=1h`))
    await eventually(async () => expect(await page.title()).toBe('SQL · spanhouse'))
    expect(problems).toEqual([])
    await close()
  })

  test('a refused token is explained', async () => {
    served.setApi(() => ({ status: 401, error: { message: 'no' } }))
    const { page, close } = await openPage(browser, `${served.url}/sql`)
    await page.getByText('This page has no access any more.').waitFor()
    served.setApi((name) => (name === 'meta' ? { body: META } : { rows: [] }))
    await close()
  })

  test('a server that is only starting is asked again', async () => {
    served.setApi(() => ({ status: 503, error: { message: 'ClickHouse does not answer.' } }))
    const { page } = await openPage(browser, `${served.url}/sql`)
    await page.getByRole('alert').getByText('ClickHouse does not answer.').first().waitFor()
    served.setApi((name) => (name === 'meta' ? { body: META } : { rows: [] }))
    await page.getByText('spanhouse 0.1.0').waitFor()
    await page.getByRole('alert').waitFor({ state: 'detached' })
  })

  test('? opens the help, Escape closes it, and axe finds nothing serious', async () => {
    const { page, close } = await openPage(browser, `${served.url}/health`)
    await page.getByRole('link', { name: 'Health' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Help' }).waitFor()
    expect(await seriousProblems(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await close()
  })

  test.each(schemes('dark'))('fits a narrow screen (%s)', async (colorScheme) => {
    const { page, close } = await openPage(browser, `${served.url}/services`, {
      viewport: NARROW,
      colorScheme,
    })
    await page.getByRole('button', { name: /Time range/ }).click()
    await shot(page, `shell-narrow-${colorScheme}`)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width)
    expect(await seriousProblems(page)).toEqual([])
    await close()
  })

  test('everything in the header is visible at each width', async () => {
    const tables = [
      ...META.tables,
      { database: 'observability_production', table: 'otel_traces', family: 'otel', spans: 1 },
    ]
    served.setApi((name) => (name === 'meta' ? { body: { ...META, tables } } : { rows: [] }))
    const { page } = await openPage(
      browser,
      `${served.url}/?range=7d&table=observability_production.otel_traces`,
      { viewport: { width: 360, height: 700 } },
    )
    for (const width of [360, 720, 821, 1280]) {
      await page.setViewportSize({ width, height: 700 })
      await page.getByRole('combobox', { name: 'Table' }).waitFor()
      await shot(page, `shell-header-${width}`)
      const outside = await page.evaluate(
        `[...document.querySelectorAll('.header a, .header button, .header select')].filter((one) => {
        const { left, right, width } = one.getBoundingClientRect()
        return left < 0 || right > innerWidth || width < 24
      }).map((one) => one.outerHTML)`,
      )
      expect([width, outside]).toEqual([width, []])
      expect(await page.evaluate('innerWidth')).toBe(width)
    }
    await page.setViewportSize({ width: 360, height: 700 })
  })
})
