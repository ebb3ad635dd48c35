import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../test/kit/free-port.js'
import { LONG, onThisMachine, PATIENT_MS } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'

const built = (path: string) => fileURLToPath(new URL(`../../dist/${path}`, import.meta.url))

const SPAN = `({
  name: 'last', kind: 0, spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }),
  startTime: [1, 0], endTime: [2, 0], status: { code: 0 }, attributes: {}, events: [], links: [],
  resource: { attributes: {} }, instrumentationScope: { name: 'test' },
})`

// What a flush may take by default. The start of a process counts: on a busy machine that is seconds.
const TEN_SECONDS = 10_000

/** Runs a script that has `exporter` and `span`, and waits for its end. */
async function run(
  options: object,
  script: string,
  module: 'esm' | 'cjs' = 'esm',
  env: Record<string, string> = {},
) {
  const name = '{ ClickHouseSpanExporter }'
  const load =
    module === 'esm'
      ? `import ${name} from ${JSON.stringify(new URL('../../dist/esm/index.js', import.meta.url))}`
      : `const ${name} = require(${JSON.stringify(built('cjs/index.js'))})`
  const code = `${load}
    const span = ${SPAN}
    const exporter = new ClickHouseSpanExporter(${JSON.stringify(options)})
    ${script}`
  const type = module === 'esm' ? 'module' : 'commonjs'
  const startedAt = performance.now()
  const child = spawn(process.execPath, [`--input-type=${type}`, '--eval', code], {
    env: { ...process.env, ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { exitCode, output, ms: performance.now() - startedAt }
}

function warningsIn(output: string): string[] {
  return output.split('\n').filter((line) => line.includes('SpanhouseWarning'))
}

// Both in a long run; below, a script that loses nothing is loaded in both ways.
const MODULES = ['esm', 'cjs'] as const

const EXPORTS = 'exporter.export([span, span, span], () => {})'
const canary = 'canary-5ecret'

describe('until a destination has taken a row, a failure is seen by everybody', () => {
  test.each(LONG ? MODULES : MODULES.slice(1))(
    'a script that ends beside a server that is not there waits 2 s, and says what it lost in one line (%s)',
    async (module) => {
      const host = `127.0.0.1:${await freePort()}`
      const options = { endpoint: `http://user:${canary}@${host}`, password: canary }
      const { exitCode, output, ms } = await run(options, EXPORTS, module)
      expect(exitCode).toBe(0)
      const [line, ...more] = warningsIn(output)
      expect(more).toEqual([])
      expect(line).toContain('[SPANHOUSE_NO_ROWS_TAKEN] SpanhouseWarning: ')
      expect(line).toContain(`primary (${host}) has taken no rows: connect ECONNREFUSED ${host}.`)
      expect(line).toContain('Is ClickHouse running there')
      expect(line).toContain('3 rows were not delivered')
      expect(output).not.toContain(canary)
      expect(ms).toBeGreaterThan(1900)
      expect(ms).toBeLessThan(onThisMachine(8000)) // flushTimeoutMs is 10 s
    },
  )

  test('nor longer for one that refuses the password, which the line says', async () => {
    const body = 'Code: 516. DB::Exception: default: Authentication failed. (AUTHENTICATION_FAILED)'
    const server = await scriptedServer({ status: 403, code: 516, body })
    const { output, ms } = await run({ endpoint: server.url, password: canary }, EXPORTS)
    expect(warningsIn(output)).toHaveLength(1)
    expect(output).toMatch(/has taken no rows: ClickHouse error 516.*password/)
    expect(output).not.toContain(canary)
    expect(ms).toBeLessThan(onThisMachine(8000))
  })

  test('a process that goes on says it after a second, once, however many exporters it has', async () => {
    const options = { endpoint: `http://127.0.0.1:${await freePort()}`, flushTimeoutMs: 100 }
    const script = `${EXPORTS}
      const another = new ClickHouseSpanExporter(${JSON.stringify(options)})
      another.export([span], () => {})
      setTimeout(() => {}, 2500)`
    const { output } = await run(options, script)
    expect(warningsIn(output)).toHaveLength(1)
    expect(output).toContain('Rows are kept')
  })

  test('each destination has its line', async () => {
    const server = await scriptedServer()
    const [a, b] = [await freePort(), await freePort()]
    const destinations = [
      { name: 'a', endpoint: `http://127.0.0.1:${a}` },
      { name: 'b', endpoint: `http://127.0.0.1:${b}` },
      { name: 'healthy', endpoint: server.url },
    ]
    const { output } = await run({ destinations }, EXPORTS)
    const named = warningsIn(output).map((line) => /SpanhouseWarning: (\w+) /.exec(line)?.[1])
    expect(named.sort()).toEqual(['a', 'b'])
    expect(server.rows).not.toHaveLength(0)
  })

  test('not after a first success, and not when the environment says so', async () => {
    const server = await scriptedServer(['ok', 'reset'])
    const after = `exporter.export([span], async () => {
      exporter.export([{ ...span, name: 'second' }], () => {})
    })`
    const options = { endpoint: server.url, flushTimeoutMs: 1500, retry: { maxRetries: 0 } }
    expect((await run(options, after)).output).toBe('')

    const dead = { endpoint: `http://127.0.0.1:${await freePort()}`, flushTimeoutMs: 100 }
    const env = { OTEL_EXPORTER_CLICKHOUSE_WARNINGS: 'false' }
    expect((await run(dead, EXPORTS, 'esm', env)).output).toBe('')
  })

  test('a shutdown before process.exit() says it too', async () => {
    const options = { endpoint: `http://127.0.0.1:${await freePort()}`, shutdownTimeoutMs: 100 }
    const script = `${EXPORTS}; exporter.shutdown().then(() => process.exit(3))`
    const { exitCode, output } = await run(options, script)
    expect(exitCode).toBe(3)
    expect(warningsIn(output)).toHaveLength(1)
    expect(output).toContain('3 rows were not delivered')
  })

  test('an endpoint of the environment that cannot be used does not keep the script from starting', async () => {
    const env = { OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: `u:${canary}@ch.example:8123` }
    const { exitCode, output } = await run({}, "console.log('started')", 'esm', env)
    expect(exitCode).toBe(0)
    expect(output).toContain('started')
    expect(warningsIn(output)).toHaveLength(1)
    expect(output).toMatch(/OTEL_EXPORTER_CLICKHOUSE_ENDPOINT must .* is ignored/)
    expect(output).not.toContain(canary)
  })
})

describe('a script that simply ends', () => {
  test.each(['esm', 'cjs'] as const)('loses nothing (%s)', async (module) => {
    const server = await scriptedServer()
    const script = 'for (let n = 0; n < 3; n++) exporter.export([span], () => {})'
    const { exitCode, output } = await run({ endpoint: server.url }, script, module)
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: '' })
    expect(server.rows).toHaveLength(1) // the same rows, the same token
    expect(server.inserts).toHaveLength(3)
  })

  test('or that awaits each export is not said to end with rows that are not delivered', async () => {
    const server = await scriptedServer({
      each: ({ isInsert }) =>
        isInsert ? (_, response) => setTimeout(() => response.end(), 20) : 'ok',
    })
    const script = `
      const { createRequire } = await import('node:module')
      const api = createRequire(${JSON.stringify(built('esm/index.js'))})('@opentelemetry/api')
      api.diag.setLogger(new api.DiagConsoleLogger(), api.DiagLogLevel.WARN)
      for (let n = 0; n < 5; n++)
        await new Promise((resolve) => exporter.export([{ ...span, name: 'span ' + n }], resolve))`
    const { exitCode, output } = await run({ endpoint: server.url }, script)
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: '' })
    expect(server.inserts).toHaveLength(5)
  })

  test('loses no row that still gathers', async () => {
    const server = await scriptedServer()
    const options = { endpoint: server.url, acknowledge: 'accepted', batch: { maxDelayMs: 60_000 } }
    const { exitCode, ms } = await run(options, 'exporter.export([span, span], () => {})')
    expect(exitCode).toBe(0)
    expect(server.rows).toHaveLength(2)
    expect(ms).toBeLessThan(PATIENT_MS) // the row would gather for as long
  })

  test('loses nothing to a server that fails at first', async () => {
    const server = await scriptedServer([{ status: 503 }, 'reset'])
    const options = { endpoint: server.url, retry: { initialDelayMs: 20, maxDelayMs: 20 } }
    const { exitCode } = await run(options, 'exporter.export([span], () => {})')
    expect(exitCode).toBe(0)
    expect(server.rows).toHaveLength(1)
  })

  test('keeps its exit code', async () => {
    const server = await scriptedServer()
    const script = 'exporter.export([span], () => {}); process.exitCode = 7'
    expect(await run({ endpoint: server.url }, script)).toMatchObject({ exitCode: 7, output: '' })
    expect(server.rows).toHaveLength(1)
  })

  test('waits for a server that hangs no longer than a flush may take', async () => {
    const server = await scriptedServer('hang')
    const options = { endpoint: server.url, flushTimeoutMs: 200 }
    const result = await run(options, 'exporter.export([span], () => {}); process.exitCode = 7')
    expect(result.exitCode).toBe(7)
    expect(warningsIn(result.output)).toHaveLength(1)
    expect(result.output).toContain('1 rows were not delivered')
    expect(result.ms).toBeLessThan(onThisMachine(TEN_SECONDS))
  })

  test('nor for one that is not there', async () => {
    const options = { endpoint: `http://127.0.0.1:${await freePort()}`, flushTimeoutMs: 200 }
    const { exitCode, ms } = await run(options, 'exporter.export([span], () => {})')
    expect(exitCode).toBe(0)
    expect(ms).toBeLessThan(onThisMachine(TEN_SECONDS))
  })

  test('is not held open by an exporter that has nothing to do, nor by its kept connections', async () => {
    const server = await scriptedServer()
    const script = `exporter.export([span], async () => {
      await exporter.forceFlush()
    })`
    const { exitCode, ms } = await run({ endpoint: server.url }, script)
    expect(exitCode).toBe(0)
    expect(ms).toBeLessThan(onThisMachine(TEN_SECONDS))
    const idle = await run({ endpoint: server.url }, '')
    expect(idle).toMatchObject({ exitCode: 0, output: '' })
    expect(server.inserts).toHaveLength(1)
  })

  test('has its own listeners called, and what they export arrives', async () => {
    const server = await scriptedServer()
    const script = `let times = 0
      process.on('beforeExit', (code) => {
        console.log('before', code)
        if (++times === 1) exporter.export([{ ...span, name: 'later' }], () => console.log('called'))
      })
      process.on('exit', (code) => console.log('exit', code))
      exporter.export([span], () => {})`
    const { exitCode, output } = await run({ endpoint: server.url }, script)
    expect(exitCode).toBe(0)
    expect(server.rows.map((row) => row['span_name'])).toEqual(['last', 'later'])
    expect(output).toContain('before 0')
    expect(output).toContain('called')
    expect(output.trim().endsWith('exit 0')).toBe(true)
  })

  test('after a shutdown ends at once', async () => {
    const server = await scriptedServer()
    const script = 'exporter.export([span], () => {}); exporter.shutdown()'
    expect(await run({ endpoint: server.url }, script)).toMatchObject({ exitCode: 0, output: '' })
    expect(server.rows).toHaveLength(1)
  })

  test('with an error it did not catch ends as it would without us', async () => {
    const server = await scriptedServer()
    const script = "exporter.export([span], () => {}); throw new Error('of its own')"
    const { exitCode, output } = await run({ endpoint: server.url }, script)
    expect(exitCode).toBe(1)
    expect(output).toContain('of its own')
  })
})
