import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { spansAsJson } from '../../packages/receiver/test/kit.js'
import { type Browser, noBrowser, openBrowser } from '../page/kit.js'
import { count, newDatabase, realServer, receiverTo } from './kit.js'

describe.skipIf(noBrowser)('a page in Chromium', () => {
  const server = realServer()
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())

  /** A page of a site of its own; resolves with its origin. */
  async function site(): Promise<string> {
    const pages = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' })
      response.end('<title>shop</title>')
    })
    pages.listen(0, '127.0.0.1')
    await once(pages, 'listening')
    onTestFinished(() => void pages.close())
    return `http://127.0.0.1:${(pages.address() as AddressInfo).port}`
  }

  /** What a fetch() of the page ends with: a status, or the name of the error. */
  async function sentBy(
    origin: string,
    url: string,
    body: string,
    headers: object,
  ): Promise<unknown> {
    const page = await browser.newPage()
    onTestFinished(() => page.close())
    await page.goto(origin)
    return page.evaluate(
      async ([to, text, more]) => {
        try {
          const response = await fetch(to as string, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...(more as object) },
            body: text as string,
          })
          return response.status
        } catch (error) {
          return (error as Error).name
        }
      },
      [url, body, headers] as const,
    )
  }

  test('of a named origin sends spans, after a preflight and with a token', async () => {
    const origin = await site()
    const database = newDatabase()
    const { http } = await receiverTo(
      { endpoint: server.at.url, database },
      { cors: { origins: [origin] }, token: 'sesame' },
    )
    const headers = { authorization: 'Bearer sesame' }
    expect(await sentBy(origin, `${http}/v1/traces`, spansAsJson(7), headers)).toBe(200)
    expect(await count(server.at, `${database}.traces`)).toBe(7)
    // The page also hears of a refusal.
    expect(await sentBy(origin, `${http}/v1/traces`, spansAsJson(7), {})).toBe(401)
  })

  test('of another origin cannot send', async () => {
    const { http, stats } = await receiverTo(
      { endpoint: server.at.url, database: newDatabase() },
      { cors: { origins: ['https://shop.example'] } },
    )
    expect(await sentBy(await site(), `${http}/v1/traces`, spansAsJson(7), {})).toBe('TypeError')
    expect(stats().signals.traces.records).toBe(0)
  })
})
