import { setImmediate as turn } from 'node:timers/promises'
import { DiagLogLevel } from '@opentelemetry/api'
import fc from 'fast-check'
import { expect, onTestFinished, test, vi } from 'vitest'
import { sdk } from '#sdk'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { type OtlpReceiver, otlpReceiver } from '../../../../test/kit/otlp-receiver.js'
import { eventually, flushed } from '../../../../test/kit/patience.js'
import { type ScriptedServer, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { switchBackend } from '../../src/backends/switch-backend.js'
import { processorFrom, runsIn, spansThrough } from './backends-kit.js'

const idsIn = ({ rows }: ScriptedServer) => rows.map((row) => String(row['span_id']))

async function scene(exporter: string, env: Record<string, string> = {}) {
  runsIn()
  const [server, receiver] = await Promise.all([scriptedServer(), otlpReceiver()])
  const processor = processorFrom({
    OTEL_TRACES_EXPORTER: exporter,
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    ...env,
  })
  return { server, receiver, processor, end: spansThrough(processor) }
}

test(`a span goes to the backends of the moment in which it ends (${sdk})`, async () => {
  const { server, receiver, processor, end } = await scene('clickhouse')
  const toClickHouse = end(5)
  const done = switchBackend('otlp')
  await turn()
  const toOtlp = end(5)
  await done
  expect(idsIn(server)).toEqual(toClickHouse) // flushed, although nobody asked for it
  await switchBackend(['otlp', 'clickhouse'])
  const toBoth = end(5)
  await switchBackend('none')
  expect(receiver.spanIds).toEqual([...toOtlp, ...toBoth])
  expect(idsIn(server)).toEqual([...toClickHouse, ...toBoth])
  end(5)
  await flushed(processor)
  expect(receiver.spanIds).toHaveLength(10)
  expect(server.rows).toHaveLength(10)
})

test('new spans go to the new backend while the old one still delivers, and a flush waits for both', async () => {
  const { server, receiver, processor, end } = await scene('clickhouse')
  let answer = () => {}
  const held = new Promise<void>((resolve) => {
    answer = resolve
  })
  server.follow((_, response) => void held.then(() => response.end()))
  end(1)
  const done = switchBackend('otlp')
  await server.received(1)
  const ids = end(1)
  let isFlushed = false
  const flush = flushed(processor).then(() => {
    isFlushed = true
  })
  await eventually(() => expect(receiver.spanIds).toEqual(ids))
  expect(isFlushed).toBe(false)
  answer()
  await Promise.all([done, flush])
})

test('a backend that stays keeps running', async () => {
  const { server, end } = await scene('clickhouse')
  const ids = end(3)
  await switchBackend('clickhouse,otlp')
  await switchBackend('clickhouse')
  expect(server.inserts).toHaveLength(0) // they wait in the open batch still
  await switchBackend('none')
  expect(idsIn(server)).toEqual(ids)
  expect(server.inserts).toHaveLength(1)
})

test('a wrong name and OTLP that is not installed are refused, and nothing changes', async () => {
  const { server, receiver, processor, end } = await scene('clickhouse')
  await expect(switchBackend('oltp,none')).rejects.toThrow('switchBackend() names `oltp`')
  await expect(switchBackend(undefined as never)).rejects.toThrow('must be a list of names')
  process.argv[1] = `${temporaryDirectory()}/app.js`
  vi.spyOn(process, 'cwd').mockReturnValue(temporaryDirectory())
  onTestFinished(() => void vi.restoreAllMocks())
  await expect(switchBackend('otlp')).rejects.toThrow(
    'no traces go to otlp (switchBackend()): @opentelemetry/exporter-trace-otlp-proto is not installed: npm install',
  )
  const ids = end(2)
  await flushed(processor)
  expect(idsIn(server)).toEqual(ids)
  expect(receiver.spanIds).toEqual([])
})

test('calls take effect one after another', async () => {
  const { server, receiver, end } = await scene('none')
  const lines = diagLines(DiagLogLevel.INFO)
  const calls = ['clickhouse', 'oltp', 'none', 'otlp'].map((names) => switchBackend(names))
  const results = await Promise.allSettled(calls)
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'rejected',
    'fulfilled',
    'fulfilled',
  ])
  expect(lines).toEqual([
    expect.stringMatching(/^spanhouse: traces go to clickhouse \(switchBackend\(\)\); /),
    'spanhouse: no traces are exported (switchBackend())',
    'spanhouse: traces go to otlp (switchBackend())',
  ])
  const ids = end(1)
  await switchBackend('none')
  expect(receiver.spanIds).toEqual(ids)
  expect(server.rows).toEqual([])
})

test('a backend is opened again only when its predecessor is shut down', async () => {
  const { server, end } = await scene('clickhouse')
  const lines = diagLines(DiagLogLevel.INFO)
  let answer = () => {}
  server.follow((_, response) => {
    answer = () => response.end()
  })
  end(1)
  const closed = switchBackend('none')
  const opened = switchBackend('clickhouse')
  await server.received(1)
  await turn()
  expect(lines).toEqual(['spanhouse: no traces are exported (switchBackend())'])
  answer()
  await Promise.all([closed, opened])
  expect(lines).toHaveLength(2)
})

test('every processor of the process is switched, until it is shut down', async () => {
  const one = await scene('clickhouse')
  const other = await scene('none')
  await one.processor.shutdown()
  await switchBackend('clickhouse')
  one.end(1)
  const ids = other.end(1)
  await other.processor.shutdown()
  expect(one.server.rows).toEqual([])
  expect(idsIn(other.server)).toEqual(ids)
  await expect(switchBackend('otlp')).rejects.toThrow('no processor of spanProcessorsFromEnv()')
})

test('what is shut down while it is switched takes no more spans, and leaves nothing running', async () => {
  const { processor, server, receiver, end } = await scene('clickhouse')
  const first = end(1)
  const switched = switchBackend('otlp')
  const shutDown = processor.shutdown()
  end(1)
  await Promise.all([switched, shutDown])
  end(1)
  await flushed(processor)
  expect(idsIn(server)).toEqual(first)
  expect(receiver.spanIds).toEqual([])
})

test('no span is lost or comes twice, whenever it ends and however the backends are switched', async () => {
  const names = fc.constantFrom('clickhouse', 'otlp', 'clickhouse,otlp', 'none')
  const step = fc.record({ names, before: fc.nat(40), during: fc.nat(40), waits: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.array(step, { minLength: 1, maxLength: 8 }),
      async (first, steps) => {
        const { server, receiver, processor, end } = await scene(first, {
          OTEL_BSP_SCHEDULE_DELAY: '1',
          OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '7',
        })
        const expected = { clickhouse: [] as string[], otlp: [] as string[] }
        let now = first
        const some = async (count: number) => {
          for (let left = count; left > 0; left -= 5) {
            const ids = end(Math.min(left, 5))
            if (now.includes('clickhouse')) expected.clickhouse.push(...ids)
            if (now.includes('otlp')) expected.otlp.push(...ids)
            if (left % 2 === 0) await turn()
          }
        }
        const switches: Promise<void>[] = []
        for (const { names, before, during, waits } of steps) {
          await some(before)
          await Promise.all(switches) // so that the test knows which backends a span meets
          const switched = switchBackend(names)
          switches.push(switched)
          await turn()
          now = names
          await some(during)
          if (waits) await switched
        }
        await Promise.all(switches)
        await processor.shutdown()
        expectSame(idsIn(server), expected.clickhouse)
        expectSame(receiver.spanIds, expected.otlp)
      },
    ),
    { numRuns: 12 },
  )
})

function expectSame(received: OtlpReceiver['spanIds'], sent: string[]): void {
  expect(received.toSorted()).toEqual(sent.toSorted())
}

test('a flush with a deadline does not wait longer for a backend that was switched off', async () => {
  const { server, processor, end } = await scene('clickhouse')
  let answer = () => {}
  server.follow((_, response) => {
    answer = () => response.end()
  })
  end(1)
  const done = switchBackend('none')
  await server.received(1)
  await expect(processor.forceFlush({ timeoutMs: 50 })).rejects.toThrow(
    'a backend that was switched off was not flushed within 50 ms',
  )
  answer()
  await done
})
