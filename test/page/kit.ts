import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { buildPage } from '../../packages/viewer/build.mjs'
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Page,
} from '../../packages/viewer/node_modules/playwright-core/index.js'
import { LONG, PATIENT_MS } from '../kit/patience.js'

export type { Browser, Page } from '../../packages/viewer/node_modules/playwright-core/index.js'

const CHROMIUM = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium-headless-shell', // needs half the CPU
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => file !== '' && existsSync(file))
/** `describe.skipIf(noBrowser)`: CI installs Chromium, so there it is never skipped. */
export const noBrowser: boolean = CHROMIUM === undefined && !process.env['CI']
if (noBrowser)
  console.warn(
    'The tests of the page are skipped: there is no Chromium (apt-get install chromium-headless-shell).',
  )

/** One for all files that share a process: it ends with the process. */
let browser: Promise<Browser> | undefined
export function openBrowser(): Promise<Browser> {
  if (!CHROMIUM) throw new Error('There is no Chromium: apt-get install chromium-headless-shell')
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] })
  return browser
}

/** The empty pages, each alone in its context, by the context's options: a new one costs half a second of CPU. */
const idle = new Map<string, Page[]>()

async function newPage(browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(PATIENT_MS)
  return context.newPage()
}

/** As empty as a new one. */
async function emptied(page: Page): Promise<Page> {
  await page.evaluate('localStorage.clear(), sessionStorage.clear()')
  page.removeAllListeners()
  await page.goto('about:blank')
  await page.context().clearCookies()
  return page
}

/** The page, built into a temporary folder once for each process. */
let built: Promise<string> | undefined
export function builtPage(): Promise<string> {
  built ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'spanhouse-page-'))
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
    await buildPage(folder)
    return folder
  })()
  return built
}

/** What the server answers to a call of its API: rows, a whole body, or an error with its status. */
export type Reply =
  | { rows: readonly unknown[]; truncated?: boolean; sql?: string }
  | { body: unknown }
  | { status: number; error: { message: string; fix?: string } }

export type Api = (
  name: string,
  parameters: URLSearchParams,
  body: string,
) => Reply | Promise<Reply>

export interface Served {
  readonly url: string
  /** The calls so far, as path and query string. */
  readonly calls: string[]
  /** From now on the API answers this. */
  setApi(api: Api): void
  close(): Promise<void>
}

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export const META = {
  version: '0.1.0',
  server: { url: 'http://127.0.0.1:8123', version: '26.5.1' },
  tables: [{ database: 'telemetry', table: 'traces', family: 'flat', spans: 1000 }],
  table: { database: 'telemetry', table: 'traces', family: 'flat', missing: [] },
  live: true,
  logTables: ['telemetry.logs'],
  metricTables: [],
}

/** Serves the page with the headers of the real command, and an API that the test writes. */
export async function servePage(api: Api): Promise<Served> {
  const folder = await builtPage()
  const calls: string[] = []
  let answer = api
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => {
      response.statusCode = 500
      response.end(JSON.stringify({ error: { message: String(error) } }))
    })
  })
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    response.setHeader('content-security-policy', CSP)
    response.setHeader('cache-control', 'no-store')
    response.setHeader('x-content-type-options', 'nosniff')
    if (!url.pathname.startsWith('/api/')) return file(url.pathname, response)
    calls.push(url.pathname + url.search)
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const reply = await answer(url.pathname.slice('/api/'.length), url.searchParams, body)
    response.setHeader('content-type', 'application/json')
    if ('status' in reply) response.statusCode = reply.status
    response.end(JSON.stringify(bodyOf(reply, url.pathname)))
  }
  function file(path: string, response: ServerResponse): void {
    const type = { '/app.js': 'text/javascript', '/app.css': 'text/css' }[path] ?? 'text/html'
    response.setHeader('content-type', `${type}; charset=utf-8`)
    response.end(readFileSync(join(folder, type === 'text/html' ? 'index.html' : path)))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    setApi: (next) => {
      answer = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function bodyOf(reply: Reply, path: string): unknown {
  if ('error' in reply) return { error: reply.error }
  if ('body' in reply) return reply.body
  const { rows, truncated = false, sql = `/* spanhouse: ${path.slice(5)} */ SELECT 1` } = reply
  return { rows, sql, elapsedMs: 1.5, rowsRead: rows.length, truncated }
}

export interface OpenedPage {
  readonly page: Page
  /** What went wrong in the page: exceptions, errors on the console, broken rules of the CSP, requests to elsewhere. */
  readonly problems: string[]
  close(): Promise<void>
}

export const WIDE = { width: 1280, height: 800 }
export const NARROW = { width: 360, height: 740 }

/** The colour schemes of a test that `npm test` runs in one of them, and a long run in both: the other tests of the view use the other one. */
export const schemes = (usual: 'light' | 'dark'): readonly ('light' | 'dark')[] =>
  LONG ? ['light', 'dark'] : [usual]

/** Opens an address in a browser context that no other open page has, and notes what goes wrong there. */
export async function openPage(
  browser: Browser,
  address: string,
  given: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const options = { viewport: WIDE, ...given }
  const key = JSON.stringify(options)
  const page = idle.get(key)?.pop() ?? (await newPage(browser, options))
  const problems: string[] = []
  const { origin } = new URL(address)
  page.on('pageerror', (error) => void problems.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      problems.push(message.text())
  })
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
      problems.push(`a request to ${request.url()}`)
  })
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= emptied(page).then(
      () => void idle.set(key, [...(idle.get(key) ?? []), page]),
      () => page.context().close(),
    )
    return closing
  }
  onTestFinished(close) // also of a test that fails: its page would go on asking
  await page.goto(address)
  return { page, problems, close }
}

let axeSource: string | undefined

/** What axe finds that is serious or critical, one line each. */
export async function seriousProblems(page: Page): Promise<string[]> {
  axeSource ??= readFileSync(
    new URL('../../packages/viewer/node_modules/axe-core/axe.min.js', import.meta.url),
    'utf8',
  )
  // By the debugger, which the CSP does not bind. Only what is wrong is described and comes out of the page: the rest is most of the work.
  await page.evaluate(axeSource)
  const violations = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'], preload: false, iframes: false }).then(({ violations }) => violations)",
  )) as {
    id: string
    impact: string
    nodes: { html: string; failureSummary: string }[]
  }[]
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
    )
}

/** Keeps a picture for somebody to look at, if `SPANHOUSE_SHOTS` names a folder. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['SPANHOUSE_SHOTS']
  if (folder) await page.screenshot({ path: join(folder, `${name}.png`) })
}
