import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../kit/patience.js'
import {
  type Browser,
  noBrowser,
  openBrowser,
  openPage,
  type Page,
  type Served,
  seriousProblems,
  servePage,
  shot,
} from './kit.js'
import { busyApi } from './stub-api.js'

/** What the address says about the search, the range and the order. */
function address(page: Page): Record<string, string> {
  return Object.fromEntries(new URL(page.url()).searchParams)
}

describe.skipIf(noBrowser)('looking for traces', () => {
  let browser: Browser
  let served: Served
  beforeAll(async () => {
    browser = await openBrowser()
    served = await servePage(busyApi())
  })
  afterAll(async () => {
    await served?.close()
  })
  const open = async (path = '/', options = {}) => {
    const opened = await openPage(browser, served.url + path, options)
    await opened.page.getByRole('listitem').first().waitFor()
    return opened
  }
  const lastAsked = (name: string) =>
    Object.fromEntries(
      new URL(served.calls.findLast((call) => call.startsWith(`/api/${name}?`)) ?? '', served.url)
        .searchParams,
    )

  test('a condition is completed by the keyboard alone, word first, then value', async () => {
    const { page, problems, close } = await open()
    await page.keyboard.press('/')
    await page.keyboard.type('ser')
    await page.getByRole('option', { name: /^service:/ }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('option', { name: /storefront/ }).waitFor()
    await shot(page, 'traces-suggestions')
    expect(await seriousProblems(page)).toEqual([])
    await page.keyboard.type('pay')
    await page.getByRole('option', { name: /storefront/ }).waitFor({ state: 'detached' })
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Remove service:payment' }).waitFor()
    await eventually(() => expect(address(page)['q']).toBe('service:payment'))
    await eventually(() => expect(lastAsked('traces')['q']).toBe('service:payment'))
    await eventually(() => expect(lastAsked('heat')['q']).toBe('service:payment'))
    expect(problems).toEqual([])
    await close()
  })

  test('keys and values of attributes are completed; a value with spaces is quoted', async () => {
    served.setApi(
      busyApi({
        values: (asked) => ({
          rows: asked.get('key') === 'user.id' ? [{ value: 'Ada L', spans: 3 }] : [],
        }),
      }),
    )
    const { page, close } = await open()
    await page.getByRole('combobox', { name: 'Search traces' }).fill('user')
    await page.getByRole('option', { name: /^user.id=/ }).click()
    await page.getByRole('option', { name: /Ada L/ }).click()
    await eventually(() => expect(address(page)['q']).toBe('user.id="Ada L"'))
    await close()
  })

  test('conditions can be edited and removed, and the back button undoes each', async () => {
    const { page, close } = await open('/?q=service%3Apayment+status%3Aerror')
    await page.getByRole('button', { name: 'Remove service:payment' }).click()
    await eventually(() => expect(address(page)['q']).toBe('status:error'))
    await page.getByTitle('Edit status:error').click()
    const box = page.getByRole('combobox', { name: 'Search traces' })
    expect(await box.inputValue()).toBe('status:error')
    await box.fill('status:ok "two words"')
    await box.press('Enter')
    await eventually(() => expect(address(page)['q']).toBe('status:ok "two words"'))
    await page.goBack()
    await page.goBack()
    await page.getByRole('button', { name: 'Remove status:error' }).waitFor()
    await page.goBack()
    await page.getByRole('button', { name: 'Remove service:payment' }).waitFor()
    await close()
  })

  test('a mistake in a search is named and read out, and nothing is asked until it is mended', async () => {
    served.setApi(busyApi())
    served.calls.length = 0
    const { page } = await openPage(browser, `${served.url}/?q=duration%3A%3Eslow+kind%3Ax`)
    const alert = page.getByRole('alert')
    await alert.getByText(/^duration:>slow is no duration/).waitFor()
    await alert.getByText(/^kind:x is no kind of span/).waitFor()
    await shot(page, 'traces-mistake')
    expect(await seriousProblems(page)).toEqual([])
    const box = page.getByRole('combobox', { name: 'Search traces' })
    expect(await box.getAttribute('aria-invalid')).toBe('true')
    expect(served.calls.filter((call) => !call.startsWith('/api/meta'))).toEqual([])
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByRole('listitem').first().waitFor()
    await box.fill('status:wrong')
    await box.press('Enter')
    await alert.getByText(/^status:wrong is no status/).waitFor()
    expect(address(page)).toEqual({}) // it was not searched for
    expect(await box.inputValue()).toBe('status:wrong')
  })

  test('the id of a trace, pasted into the search, opens the trace', async () => {
    const { page } = await open('/?range=5m')
    const id = '4bf92f3577b34da6a3ce929d0e0e4736'
    await page.getByRole('combobox', { name: 'Search traces' }).fill(id.toUpperCase())
    await page.keyboard.press('Enter')
    await eventually(() => expect(page.url()).toBe(`${served.url}/trace/${id}?range=5m`))
  })

  test('a reload shows the same: search, range, order', async () => {
    const { page, close } = await open('/?q=status%3Aerror&range=6h&sort=slowest')
    await page.reload()
    await page.getByRole('button', { name: 'Remove status:error' }).waitFor()
    await page.getByRole('button', { name: 'Time range: Last 6 hours' }).waitFor()
    expect(await page.getByRole('button', { name: 'Slowest' }).getAttribute('aria-pressed')).toBe(
      'true',
    )
    expect(lastAsked('traces')).toMatchObject({ q: 'status:error', sort: 'slowest' })
    const { from, to } = lastAsked('traces')
    expect((Number(to) - Number(from)) / 3600e6).toBeCloseTo(6, 1)
    await close()
  })

  test('a range is chosen from the list or entered, and a range that ends before it begins is refused', async () => {
    const { page, close } = await open()
    await page.getByRole('button', { name: /^Time range/ }).click()
    await page.getByRole('button', { name: 'Last 24 hours' }).click()
    await eventually(() => expect(address(page)).toEqual({ range: '24h' }))
    await page.getByRole('button', { name: /^Time range/ }).click()
    await page.getByLabel('From').fill('2026-11-28T10:00:00')
    await page.getByLabel('To', { exact: true }).fill('2026-11-28T09:00:00')
    await page.getByRole('button', { name: 'Show this range' }).click()
    await page.getByText('The range must begin before it ends.').waitFor()
    await page.getByLabel('To', { exact: true }).fill('2026-11-28T11:30:00')
    await shot(page, 'traces-range')
    await page.getByRole('button', { name: 'Show this range' }).click()
    await eventually(() => {
      const { from, to, range } = address(page)
      expect([range, Number(to) - Number(from)]).toEqual([undefined, 5400e6])
    })
    expect(await page.getByRole('switch', { name: 'Live' }).getAttribute('aria-checked')).toBe(
      'false',
    )
    await close()
  })

  test('a drag on a chart zooms, and the back button zooms out', async () => {
    const { page, close } = await open('/?range=1h')
    const plot = await page
      .getByRole('img', { name: /^Requests over time/ })
      .locator('.u-over')
      .boundingBox()
    if (!plot) throw new Error('no plot')
    const y = plot.y + plot.height / 2
    await page.mouse.move(plot.x + plot.width * 0.25, y)
    await page.mouse.down()
    await page.mouse.move(plot.x + plot.width * 0.5, y, { steps: 5 })
    await page.mouse.up()
    await eventually(() => expect(address(page)['from']).toBeDefined())
    const { from, to, q } = address(page)
    expect((Number(to) - Number(from)) / 60e6).toBeCloseTo(15, -1)
    expect(q).toBeUndefined()
    await page.goBack()
    await eventually(() => expect(address(page)).toEqual({ range: '1h' }))
    await close()
  })

  test('a click on a cell of the heat map narrows time and duration', async () => {
    const { page, close } = await open('/?range=1h&q=status%3Aerror')
    const over = page
      .getByRole('img', { name: /^Latency over time: \d+ requests/ })
      .locator('.u-over')
    const box = await over.boundingBox()
    if (!box) throw new Error('no plot')
    // What the page itself has as its address, two frames later: Playwright hears of it later still.
    const isNarrowed = () =>
      page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(location.search.includes('from=')))))",
      )
    // Most cells of this height have requests; the click goes on until one had.
    for (let x = 0.3; x < 0.6; x += 0.02) {
      await page.mouse.click(box.x + box.width * x, box.y + box.height * 0.7)
      if (await isNarrowed()) break
    }
    await eventually(() => expect(address(page)['from']).toBeDefined())
    const { from, to, q } = address(page)
    expect(Number(to) - Number(from)).toBe(60e6)
    expect(q).toMatch(/^status:error duration:[\d.]+(us|ms|s)\.\.[\d.]+(us|ms|s)$/)
    await close()
  })

  test('the order is part of the address', async () => {
    const { page, close } = await open()
    await page.getByRole('button', { name: 'Errors' }).click()
    await eventually(() => expect(address(page)).toEqual({ sort: 'errors' }))
    await eventually(() => expect(lastAsked('traces')['sort']).toBe('errors'))
    await page.getByRole('button', { name: 'Newest' }).click()
    await eventually(() => expect(address(page)).toEqual({}))
    await close()
  })

  test('j and k walk through the list, Enter opens, and back shows the list where it was', async () => {
    const { page, close } = await open()
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key)
    // A key that is held, on a page that does not come round to drawing.
    const held = "dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }))"
    await page.evaluate(`for (let n = 0; n < 40; n++) ${held}`)
    const focused = () =>
      page.evaluate('document.activeElement.dataset.trace ?? ""') as Promise<string>
    const id = (42).toString(16).padStart(32, '0')
    await eventually(async () => expect(await focused()).toBe(id))
    await shot(page, 'traces-focus')
    await page.keyboard.press('Enter')
    await eventually(() => expect(new URL(page.url()).pathname).toBe(`/trace/${id}`))
    expect(Number(address(page)['around'])).toBeGreaterThan(1e15)
    await page.goBack()
    await eventually(async () => expect(await focused()).toBe(id))
    await page.keyboard.press('Escape')
    await eventually(async () => expect(await focused()).toBe(''))
    await close()
  })

  test('a key that is pressed in the moment in which the list appears is not lost', async () => {
    const { page, close } = await open()
    await page.getByRole('link', { name: 'Health' }).click()
    await page.locator('[data-trace]').first().waitFor({ state: 'detached' })
    await page.evaluate(`new MutationObserver((_, observer) => {
      if (!document.querySelector('[data-trace]')) return
      observer.disconnect()
      dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }))
    }).observe(document, { childList: true, subtree: true })`)
    await page.goBack()
    const id = (1).toString(16).padStart(32, '0')
    await eventually(async () =>
      expect(await page.evaluate('document.activeElement.dataset.trace')).toBe(id),
    )
    await close()
  })

  test('the SQL of every query is shown', async () => {
    const { page, close } = await open()
    await page.getByRole('button', { name: 'Show SQL' }).click()
    const drawer = page.getByRole('dialog', { name: 'The SQL of this view' })
    await drawer.getByText('/* spanhouse: traces */').waitFor()
    await drawer.getByText('/* spanhouse: heat */').waitFor()
    expect(await seriousProblems(page)).toEqual([])
    await shot(page, 'traces-sql')
    await close()
  })
})
