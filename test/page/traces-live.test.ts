import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { TraceRow } from '../../packages/queries/src/index.js'
import { eventually, onThisMachine, until } from '../kit/patience.js'
import { figure } from '../kit/results.js'
import {
  type Browser,
  noBrowser,
  openBrowser,
  openPage,
  type Page,
  type Served,
  servePage,
  shot,
} from './kit.js'
import { busyApi } from './stub-api.js'
import { stubTraces } from './stub-traces.js'

describe.skipIf(noBrowser)('the live list', () => {
  let browser: Browser
  let served: Served
  let traces: TraceRow[] = []
  let added = 0
  /** As many new traces begin on the server. */
  const begin = (count: number) => {
    for (let i = 0; i < count; i++) {
      const [base] = stubTraces(1, Date.now() * 1000)
      if (base)
        traces = [
          { ...base, trace_id: `f${`${added++}`.padStart(31, '0')}`, root_name: `new ${added}` },
          ...traces,
        ]
    }
  }
  beforeAll(async () => {
    browser = await openBrowser()
    served = await servePage(busyApi())
  })
  afterAll(async () => {
    await served?.close()
  })
  beforeEach(() => {
    traces = stubTraces(150, Date.now() * 1000 - 5e6)
    added = 0
    served.setApi(
      busyApi({ traces: (asked) => ({ rows: traces.slice(0, Number(asked.get('limit'))) }) }),
    )
  })
  const open = async (path = '/') => {
    const opened = await openPage(browser, served.url + path)
    await opened.page.getByRole('listitem').first().waitFor()
    return opened
  }
  const firstRow = (page: Page) => page.getByRole('listitem').first().textContent()
  const asks = () => served.calls.filter((call) => call.startsWith('/api/traces?')).length
  /** Waits until the server was asked so many times more. */
  const polls = async (count: number) => {
    const before = asks()
    await until(() => asks() >= before + count)
  }

  test('a server that says nothing is waited for in words, and asked no more than it answers', async () => {
    const { page, close } = await openPage(browser, served.url)
    await page.getByRole('listitem').first().waitFor()
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    const before = served.calls.length
    served.setApi(async (...asked) => {
      await released
      return busyApi()(...asked)
    })
    await page.getByText('Waiting for ClickHouse …').waitFor()
    // One of each query of the view: traces, heat and rates.
    expect(served.calls.length - before).toBeLessThanOrEqual(6)
    release()
    await page.getByText('Waiting for ClickHouse …').waitFor({ state: 'hidden' })
    served.setApi(busyApi())
    await close()
  })

  test('new traces appear by themselves and are marked', async () => {
    const { page, problems, close } = await open()
    begin(2)
    await page.getByText('new 2').waitFor()
    expect(await firstRow(page)).toContain('new 2')
    expect(await page.locator('.is-fresh').count()).toBe(2)
    await shot(page, 'traces-fresh')
    await page.locator('.is-fresh').first().waitFor({ state: 'hidden' })
    expect(problems).toEqual([])
    await close()
  })

  test('while the list is scrolled no row moves, and new traces are counted until they are wanted', async () => {
    const { page, close } = await open()
    await page.evaluate("document.querySelector('.trace-rows').scrollTop = 2000")
    const top = (): Promise<unknown> =>
      page.evaluate('document.elementFromPoint(300, 420).closest("a").dataset.trace')
    // The rows of the new place come with the next frame. waitForFunction would evaluate its text inside the page, whose policy forbids it.
    await expect
      .poll(() => page.evaluate('document.elementFromPoint(300, 420).closest("a") !== null'))
      .toBe(true)
    const before = await top()
    begin(12)
    await page.getByRole('button', { name: '12 new' }).waitFor()
    await polls(2)
    expect(await top()).toBe(before)
    await shot(page, 'traces-waiting')
    await page.getByRole('button', { name: '12 new' }).click()
    await page.getByText('new 12').waitFor()
    expect(await page.evaluate("document.querySelector('.trace-rows').scrollTop")).toBe(0)
    await close()
  })

  test('while a row has the focus no row moves; Escape lets the new ones in', async () => {
    const { page, close } = await open()
    await page.keyboard.press('j')
    begin(1)
    await page.getByRole('button', { name: '1 new' }).waitFor()
    expect(await firstRow(page)).not.toContain('new 1')
    await page.keyboard.press('Escape')
    await page.getByText('new 1', { exact: true }).waitFor()
    await page.getByRole('button', { name: '1 new' }).waitFor({ state: 'hidden' })
    await close()
  })

  test('a fixed range, a hidden tab and the switch stop the questions', async () => {
    const { page, close } = await open()
    await polls(2)
    const setVisibility = (state: string) =>
      page.evaluate(
        `Object.defineProperty(document, 'visibilityState', { value: '${state}', configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`,
      )
    const isQuiet = async () => {
      await page.waitForTimeout(500) // what was under way arrives
      const before = asks()
      await page.waitForTimeout(2500)
      return asks() === before
    }
    await setVisibility('hidden')
    expect(await isQuiet()).toBe(true)
    await setVisibility('visible')
    await polls(2)
    await page.getByRole('switch', { name: 'Live' }).click()
    await eventually(() => expect(new URL(page.url()).search).toBe('?live=off'))
    expect(await isQuiet()).toBe(true)
    await page.getByRole('switch', { name: 'Live' }).click()
    await polls(2)
    await page.goto(`${served.url}/?from=1000000&to=2000000`)
    await page.getByRole('listitem').first().waitFor()
    expect(await isQuiet()).toBe(true)
    await close()
  })

  test('a slow server is asked one question after the other', async () => {
    let atOnce = 0
    let most = 0
    served.setApi(
      busyApi({
        traces: async () => {
          most = Math.max(most, ++atOnce)
          await new Promise((resolve) => setTimeout(resolve, 2500))
          atOnce--
          return { rows: traces }
        },
      }),
    )
    const { page, close } = await open()
    await polls(2)
    expect(most).toBe(1)
    await page.getByRole('listitem').first().waitFor()
    await close()
  })

  test('a server that goes away is said, what is shown stays, and it goes on by itself', async () => {
    const { page, close } = await open()
    served.setApi(() => ({
      status: 503,
      error: { message: 'ClickHouse does not answer.', fix: 'Start it.' },
    }))
    await page
      .getByRole('alert')
      .filter({ hasText: 'ClickHouse does not answer.' })
      .first()
      .waitFor()
    expect(await page.getByRole('listitem').count()).toBeGreaterThan(5)
    await shot(page, 'traces-server-gone')
    served.setApi(busyApi({ traces: () => ({ rows: traces }) }))
    await eventually(async () => expect(await page.locator('.list-error').count()).toBe(0))
    await close()
  })

  test('600 traces scroll while new ones come, with few rows in the document and no task of a second', async () => {
    traces = stubTraces(2000, Date.now() * 1000 - 5e6, 400_000)
    const { page, close } = await open('/?range=1h')
    await page.getByRole('button', { name: 'Show more' }).click()
    await page.getByText('600+ traces').waitFor()
    await page.evaluate(
      'window.long = []; new PerformanceObserver((list) => { for (const one of list.getEntries()) window.long.push(one.duration) }).observe({ type: "longtask" })',
    )
    for (let i = 0; i < 40; i++) {
      await page.evaluate(`document.querySelector('.trace-rows').scrollTop = ${i * 500}`)
      await page.evaluate(
        'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))',
      )
    }
    begin(50)
    await page.getByRole('button', { name: '50 new' }).waitFor()
    const long = (await page.evaluate('window.long')) as number[]
    expect(await page.getByRole('listitem').count()).toBeLessThan(60)
    figure('page: long tasks while 600 traces scroll', {
      count: long.length,
      longest_ms: Math.max(0, ...long),
    })
    // A list that draws every row at once takes many times longer, also on a machine that is not busy.
    expect(Math.max(0, ...long)).toBeLessThan(onThisMachine(1000))
    await close()
  })
})
