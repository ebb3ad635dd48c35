import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { freePort } from '../../../../test/kit/free-port.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'

const SPAN = `({
  name: 'last', kind: 0, spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }),
  startTime: [1, 0], endTime: [2, 0], status: { code: 0 }, attributes: {}, events: [], links: [],
  resource: { attributes: {} }, instrumentationScope: { name: 'test' },
})`

const BUILT = new URL('../../dist/esm/index.js', import.meta.url).href

/** The lines of a script that has `processor`, which has taken two spans, on stderr. */
async function linesOf(script: string, options: object = {}, env: Record<string, string> = {}) {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const code = `import { ClickHouseSpanProcessor } from '${BUILT}'
    const processor = new ClickHouseSpanProcessor(${JSON.stringify({ endpoint, ...options })})
    for (let n = 0; n < 2; n++) processor.onEnd(${SPAN})
    ${script}`
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, ...env },
    encoding: 'utf8',
  })
  return stderr.split('\n').filter((line) => line.includes('SpanhouseWarning'))
}

const LOST = expect.stringMatching(
  /\[SPANHOUSE_ROWS_LOST\] SpanhouseWarning: primary \(127\.0\.0\.1:\d+\): 2 rows were not delivered, because process\.exit\(\) or an error ended the process\. Set process\.exitCode/,
)

describe('rows that are lost because the process ends without a flush are said in one line', () => {
  test.each([
    ['process.exit()', 'process.exit()'],
    ['an error that nobody catches', 'throw new Error("of the application")'],
    ['process.exit() beside a shutdown that nobody awaits', 'processor.shutdown(); process.exit()'],
    [
      'process.exit() while they are sent',
      'void processor.forceFlush(); setTimeout(process.exit, 50)',
    ],
  ])('%s', async (_, script) => {
    expect(await linesOf(script)).toEqual([LOST])
  })
})

describe('nothing is said', () => {
  test('of what is on disk', async () => {
    const spool = { directory: temporaryDirectory(), fsync: 'off' }
    const flush = 'await processor.forceFlush({ timeoutMs: 100 }).catch(() => {}); process.exit()'
    expect(await linesOf(flush, { spool })).toEqual([])
  })

  test('twice: what a shutdown or the natural end has said', async () => {
    const shutdown = await linesOf('await processor.shutdown(); process.exit()', {
      shutdownTimeoutMs: 100,
    })
    expect(shutdown).toEqual([expect.stringContaining('has taken no rows')])
    const natural = await linesOf('', { flushTimeoutMs: 100 })
    expect(natural).toEqual([expect.stringContaining('has taken no rows')])
  })

  test('where warnings are switched off', async () => {
    const env = { OTEL_EXPORTER_CLICKHOUSE_WARNINGS: 'false' }
    expect(await linesOf('process.exit()', {}, env)).toEqual([])
    expect(await linesOf('process.exit()', {}, { NODE_NO_WARNINGS: '1' })).toEqual([])
  })
})
