import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PATIENT_MS } from '../../../test/kit/patience.js'
import { freePort, scriptedServer } from './scripted-server.js'

const built = (path: string) => fileURLToPath(new URL(`../dist/${path}`, import.meta.url))

const SPAN = `({
  name: 'last', kind: 0, spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }),
  startTime: [1, 0], endTime: [2, 0], status: { code: 0 }, attributes: {}, events: [], links: [],
  resource: { attributes: {} }, instrumentationScope: { name: 'test' },
})`

// What a flush may take by default. The start of a process counts: on a busy machine that is seconds.
const TEN_SECONDS = 10_000

/** Runs a script that has `exporter` and `span`, and waits for its end. */
async function run(options: object, script: string, module: 'esm' | 'cjs' = 'esm') {
  const name = '{ ClickHouseSpanExporter }'
  const load =
    module === 'esm'
      ? `import ${name} from ${JSON.stringify(new URL('../dist/esm/index.js', import.meta.url))}`
      : `const ${name} = require(${JSON.stringify(built('cjs/index.js'))})`
  const code = `${load}
    const span = ${SPAN}
    const exporter = new ClickHouseSpanExporter(${JSON.stringify(options)})
    ${script}`
  const type = module === 'esm' ? 'module' : 'commonjs'
  const startedAt = performance.now()
  const child = spawn(process.execPath, [`--input-type=${type}`, '--eval', code])
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { exitCode, output, ms: performance.now() - startedAt }
}

describe('a script that simply ends', () => {
  test.each(['esm', 'cjs'] as const)('loses nothing (%s)', async (module) => {
    const server = await scriptedServer()
    const script = 'for (let n = 0; n < 3; n++) exporter.export([span], () => {})'
    const { exitCode, output } = await run({ endpoint: server.url }, script, module)
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: '' })
    expect(server.rows).toHaveLength(1) // the same rows, the same token
    expect(server.inserts).toHaveLength(3)
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
    expect(result).toMatchObject({ exitCode: 7, output: '' })
    expect(result.ms).toBeLessThan(TEN_SECONDS)
  })

  test('nor for one that is not there', async () => {
    const options = { endpoint: `http://127.0.0.1:${await freePort()}`, flushTimeoutMs: 200 }
    const { exitCode, ms } = await run(options, 'exporter.export([span], () => {})')
    expect(exitCode).toBe(0)
    expect(ms).toBeLessThan(TEN_SECONDS)
  })

  test('is not held open by an exporter that has nothing to do, nor by its kept connections', async () => {
    const server = await scriptedServer()
    const script = `exporter.export([span], async () => {
      await exporter.forceFlush()
    })`
    const { exitCode, ms } = await run({ endpoint: server.url }, script)
    expect(exitCode).toBe(0)
    expect(ms).toBeLessThan(TEN_SECONDS)
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
