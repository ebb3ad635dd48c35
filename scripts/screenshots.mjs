// Takes the pictures in docs/images: the page, on a real ClickHouse, with the traces of the shop from the demo.
// `npm run screenshots`. Look at each picture before you commit it.
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { openLoad, warmUp } from '../examples/shop/load.mjs'
import { openShop } from '../examples/shop/shop.mjs'

const FOLDER = 'docs/images'
const LOAD_MS = 40_000
const SQL = `SELECT toStartOfInterval(timestamp, INTERVAL 2 SECOND) AS time, count() AS spans, countIf(status_code = 'ERROR') AS errors
FROM telemetry.traces GROUP BY time ORDER BY time`
const SIZE = { width: 1280, height: 800 }

const { chromium } = createRequire(resolve('packages/viewer/package.json'))('playwright-core')
mkdirSync(FOLDER, { recursive: true })

const clickhouse = await startClickHouse()
const server = { name: 'local', endpoint: clickhouse.url }
const shop = openShop({ servers: [server], runId: 'screenshots' })
const command = spawn(process.execPath, [
  'packages/spanhouse/dist/cli.js',
  'ui',
  ...['--endpoint', clickhouse.url],
])
try {
  const storefront = await shop.open()
  await warmUp(storefront)
  const load = openLoad(storefront)
  await sleep(LOAD_MS)
  await load.stop()
  await shop.flush()
  await takeAll(await printedUrl(command))
} finally {
  command.kill()
  await shop.kill()
  await clickhouse.stop()
}

async function printedUrl({ stdout }) {
  for await (const line of createInterface({ input: stdout })) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+\/\?token=\w+/.exec(line) ?? []
    if (url) return url
  }
  throw new Error('spanhouse ui has printed no URL.')
}

async function takeAll(url) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  const { origin } = new URL(url)
  const trace = await interestingTrace()
  try {
    const wide = await browser.newContext({ viewport: SIZE, colorScheme: 'light' })
    const page = await wide.newPage()
    await page.goto(url)
    const take = async (name, path, ready = async () => {}) => {
      await page.goto(origin + path)
      await page.waitForLoadState('networkidle')
      await ready()
      await page.screenshot({ path: join(FOLDER, `${name}.png`) })
      console.log(`${FOLDER}/${name}.png`)
    }
    await take('traces', '/?range=5m&live=off')
    await take('trace', `/trace/${trace}`)
    await take('services', '/services?range=5m')
    await take('map', '/services?range=5m', async () => {
      await page.getByText('Map', { exact: true }).click()
      await page.locator('svg.map-edges').waitFor()
      await page.waitForLoadState('networkidle')
    })
    await take('service', '/services/storefront?range=5m')
    await take('compare', `/compare/${trace}/${await similarTrace(trace)}`)
    await take('sql', '/sql', async () => {
      await page.locator('textarea').first().fill(SQL)
      await page.keyboard.press('Control+Enter')
      await page.waitForLoadState('networkidle')
      await sleep(500)
    })
    await take('health', '/health')
    const dark = await browser.newContext({ viewport: SIZE, colorScheme: 'dark' })
    const night = await dark.newPage()
    await night.goto(url)
    await night.goto(`${origin}/trace/${trace}`)
    await night.waitForLoadState('networkidle')
    await night.screenshot({ path: join(FOLDER, 'trace-dark.png') })
    const narrow = await browser.newContext({ viewport: { width: 360, height: 740 } })
    const small = await narrow.newPage()
    await small.goto(url)
    await small.waitForLoadState('networkidle')
    await small.screenshot({ path: join(FOLDER, 'traces-narrow.png') })
  } finally {
    await browser.close()
  }
}

/** Another trace of the same operation. */
async function similarTrace(id) {
  const other = await clickhouse.query(`
    SELECT trace_id FROM telemetry.traces WHERE parent_span_id = '' AND trace_id != '${id}'
      AND span_name = (SELECT span_name FROM telemetry.traces WHERE parent_span_id = '' AND trace_id = '${id}' LIMIT 1)
    ORDER BY duration_ns LIMIT 1`)
  return other.trim()
}

/** Through all services, with an error, and long. */
async function interestingTrace() {
  const id = await clickhouse.query(`
    SELECT trace_id FROM telemetry.traces GROUP BY trace_id HAVING countIf(parent_span_id = '') = 1
    ORDER BY uniqExact(service_name) DESC, countIf(status_code = 'ERROR') > 0 DESC, count() DESC LIMIT 1`)
  return id.trim()
}
