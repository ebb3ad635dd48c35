import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../../../../test/kit/free-port.js'
import { onThisMachine } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'

const entry = (module: 'esm' | 'cjs') =>
  fileURLToPath(new URL(`../../dist/${module}/index.js`, import.meta.url))

interface Program {
  readonly options: object
  /** Runs before the exporter is made, and after. */
  readonly before?: string
  readonly after?: string
  /** The names of the modules that an exporter is made of. */
  readonly modules?: readonly ('esm' | 'cjs')[]
}

/** An application that has exported a span, holds itself open and says so. */
function start({ options, before = '', after = '', modules = ['esm'] }: Program) {
  const makers = modules.map(
    (module, index) => `
      const { ClickHouseSpanExporter: Exporter${index} } = await import(${JSON.stringify(entry(module))})
      const exporter${index} = new Exporter${index}(${JSON.stringify({ acknowledge: 'accepted', batch: { maxDelayMs: 60_000 }, ...options })})
      exporter${index}.export([{ ...span, name: 'from ${index}' }], () => {})`,
  )
  const code = `
    const span = {
      kind: 0, spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }),
      startTime: [1, 0], endTime: [2, 0], status: { code: 0 }, attributes: {}, events: [], links: [],
      resource: { attributes: {} }, instrumentationScope: { name: 'test' },
    }
    const listeners = () => process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')
    setInterval(() => {}, 1000)
    ${before}
    ${makers.join('')}
    ${after}
    console.log('ready')`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code])
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  const waiting: (() => void)[] = []
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
      for (const look of waiting) look()
    })
  return {
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    ended: new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
      child.on('close', (exitCode, signal) => resolve([exitCode, signal])),
    ),
    said: (text: string) =>
      new Promise<void>((resolve) => {
        const look = () => output.includes(text) && resolve()
        waiting.push(look)
        look()
      }),
    get output() {
      return output
    },
  }
}

const ON = { flushOnSignal: true }

describe('an application without a handler of its own', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('flushes, and ends by %s', async (signal) => {
    const server = await scriptedServer()
    const app = start({ options: { ...ON, endpoint: server.url } })
    await app.said('ready')
    app.kill(signal)
    expect(await app.ended).toEqual([null, signal])
    expect(server.rows).toHaveLength(1)
    expect(app.output).toBe('ready\n')
  })

  test('without the option loses what is in memory', async () => {
    const server = await scriptedServer()
    const app = start({
      options: { endpoint: server.url },
      after: 'console.log(listeners())',
    })
    await app.said('ready')
    app.kill('SIGTERM')
    expect(await app.ended).toEqual([null, 'SIGTERM'])
    expect(server.rows).toHaveLength(0)
    expect(app.output).toContain('0\n')
  })

  test('ends at once by a second signal, of either kind', async () => {
    const server = await scriptedServer('hang')
    for (const second of ['SIGINT', 'SIGTERM'] as const) {
      const options = { ...ON, endpoint: server.url, flushTimeoutMs: 60_000 }
      const app = start({ options })
      await app.said('ready')
      const received = server.requests.length
      app.kill('SIGINT')
      await server.received(received + 1) // the flush is under way
      app.kill(second)
      expect(await app.ended).toEqual([null, second])
    }
  })

  test('is held no longer than a flush may take, nor than 2 s by a server that is not there', async () => {
    const server = await scriptedServer('hang')
    const options = { ...ON, endpoint: server.url, flushTimeoutMs: 200 }
    const hung = start({ options })
    await hung.said('ready')
    hung.kill('SIGTERM')
    expect(await hung.ended).toEqual([null, 'SIGTERM'])

    const dead = start({ options: { ...ON, endpoint: `http://127.0.0.1:${await freePort()}` } })
    await dead.said('ready')
    const startedAt = performance.now()
    dead.kill('SIGTERM')
    expect(await dead.ended).toEqual([null, 'SIGTERM'])
    expect(performance.now() - startedAt).toBeLessThan(onThisMachine(8000))
    expect(dead.output).toContain('1 rows were not delivered')
  })

  test('has one listener for all its exporters, of both module systems, and none after their shutdown', async () => {
    const server = await scriptedServer()
    const app = start({
      options: { ...ON, endpoint: server.url },
      modules: ['esm', 'cjs', 'esm'],
      after: `console.log('listeners', listeners())
        await exporter2.shutdown()
        console.log('listeners', listeners())`,
    })
    await app.said('ready')
    expect(app.output).toContain('listeners 2\nlisteners 2\n')
    app.kill('SIGINT')
    expect(await app.ended).toEqual([null, 'SIGINT'])
    expect(server.rows.map((row) => row['span_name']).sort()).toEqual([
      'from 0',
      'from 1',
      'from 2',
    ])

    const closed = start({
      options: { ...ON, endpoint: server.url },
      modules: ['esm', 'cjs'],
      after: `await exporter0.shutdown(); await exporter1.shutdown(); console.log('listeners', listeners())`,
    })
    await closed.said('ready')
    expect(closed.output).toContain('listeners 0\n')
    closed.kill('SIGTERM')
    expect(await closed.ended).toEqual([null, 'SIGTERM'])
  })
})

describe('an application with a handler of its own decides', () => {
  const handlers: [name: string, code: string][] = [
    ['on', "process.on('SIGTERM', handle)"],
    ['once', "process.once('SIGTERM', handle)"],
  ]
  test.each(handlers)('when and how it ends, also when it came first: %s', async (_, code) => {
    for (const place of ['before', 'after'] as const) {
      const server = await scriptedServer()
      const handler = `function handle(...of) {
          console.log('handled', JSON.stringify(of), process.listeners('SIGTERM').length)
          setTimeout(() => process.exit(9), 1500)
        }
        ${code}`
      const app = start({ options: { ...ON, endpoint: server.url }, [place]: handler })
      await app.said('ready')
      app.kill('SIGTERM')
      await server.received(1) // while the handler takes its time
      expect(await app.ended).toEqual([9, null])
      expect(app.output.match(/handled/g)).toHaveLength(1)
      expect(app.output).toContain(`handled ["SIGTERM",15] ${code.includes('once') ? 0 : 1}\n`)
      expect(server.rows).toHaveLength(1)
    }
  })

  test('also by ending at once', async () => {
    const server = await scriptedServer()
    const after = "process.on('SIGINT', () => process.exit(5))"
    const app = start({ options: { ...ON, endpoint: server.url }, after })
    await app.said('ready')
    app.kill('SIGINT')
    expect(await app.ended).toEqual([5, null])
  })

  test('and goes on, flushed at each signal, if it likes', async () => {
    const server = await scriptedServer()
    const after = `let times = 0
      process.on('SIGINT', () => {
        console.log('signal', ++times)
        exporter0.export([{ ...span, name: 'later ' + times }], () => {})
      })`
    const app = start({ options: { ...ON, endpoint: server.url }, after })
    await app.said('ready')
    app.kill('SIGINT')
    await app.said('signal 1')
    await server.received(1)
    const seen = server.rows.length
    expect(seen).toBeGreaterThan(0)
    for (let again = 2; server.rows.length < 3 && again < 20; again++) {
      app.kill('SIGINT')
      await app.said(`signal ${again}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(server.rows.length).toBeGreaterThan(seen)
    app.kill('SIGTERM')
    expect(await app.ended).toEqual([null, 'SIGTERM'])
  })

  test('as well as by a package that ends the process when nobody else listens', async () => {
    const server = await scriptedServer()
    const signalExit = createRequire(import.meta.url).resolve('signal-exit')
    const before = `const { onExit } = await import(${JSON.stringify(signalExit)})
      onExit((code, signal) => console.log('exits', code, signal))`
    const app = start({ options: { ...ON, endpoint: server.url }, before })
    await app.said('ready')
    app.kill('SIGINT')
    expect(await app.ended).toEqual([null, 'SIGINT'])
    expect(server.rows).toHaveLength(1)
    expect(app.output).toContain('exits null SIGINT')
  })
})

test('a worker thread meets no signals, and its exporter adds nothing to the process', async () => {
  const server = await scriptedServer()
  const worker = `
    const { ClickHouseSpanExporter } = require(${JSON.stringify(entry('cjs'))})
    new ClickHouseSpanExporter(${JSON.stringify({ ...ON, endpoint: server.url })})
    require('node:worker_threads').parentPort.postMessage('made')
    setInterval(() => {}, 1000)`
  const app = start({
    options: { endpoint: server.url },
    after: `const { Worker } = await import('node:worker_threads')
      await new Promise((resolve) => new Worker(${JSON.stringify(worker)}, { eval: true, execArgv: [] }).on('message', resolve))
      console.log('listeners', listeners())`,
  })
  await app.said('ready')
  expect(app.output).toContain('listeners 0\n')
  app.kill('SIGTERM')
  expect(await app.ended).toEqual([null, 'SIGTERM'])
})
