import { trace } from '@opentelemetry/api'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { processorTo } from '../../../../test/kit/exporters.js'
import { elapsed, onThisMachine, SOON_MS } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { withFlush } from '../../src/lifetime/with-flush.js'

/** A server, and a processor whose batch would stay open. */
async function scene() {
  const server = await scriptedServer()
  const processor = processorTo({ endpoint: server.url, batch: { maxDelayMs: 60_000 } })
  return { server, end: (name: string) => processor.onEnd(makeSpan({ name })) }
}

const PATIENT = { timeoutMs: 60_000 }
const context = { awsRequestId: 'one' }

test('the logger provider of SDK 2, which is registered in a place of its own, is flushed before the host has the result', async () => {
  const place = Symbol.for('io.opentelemetry.js.api.logs')
  const provider = { forceFlush: vi.fn(async () => {}) }
  const registered = (contract: number) => (contract === 1 ? provider : undefined)
  Object.assign(globalThis, { [place]: registered })
  onTestFinished(() => void Reflect.deleteProperty(globalThis, place))
  await withFlush(async () => {}, PATIENT)()
  expect(provider.forceFlush).toHaveBeenCalledOnce()
})

describe('the spans of an invocation are delivered before its host has the result', () => {
  test('of a handler that returns a promise', async () => {
    const { server, end } = await scene()
    const handler = withFlush(async (event: number, _context: object) => {
      end('invocation')
      return event * 2
    }, PATIENT)
    expect(await handler(21, context)).toBe(42)
    expect(server.rows).toHaveLength(1)
    expect(await handler(22, context)).toBe(44)
    expect(server.inserts).toHaveLength(2)
  })

  test('of one that fails', async () => {
    const { server, end } = await scene()
    const error = new Error('from the application')
    const handler = withFlush(async () => {
      end('invocation')
      throw error
    }, PATIENT)
    await expect(handler()).rejects.toBe(error)
    expect(server.rows).toHaveLength(1)
  })

  test('of one that calls back', async () => {
    const { server, end } = await scene()
    type Callback = (error: Error | null, result?: string) => void
    const handler = withFlush((_event: unknown, _context: object, callback: Callback) => {
      end('invocation')
      setImmediate(() => callback(null, 'done'))
    }, PATIENT)
    const answer = await new Promise<unknown[]>((resolve) => {
      const returned: unknown = handler({}, context, (...of) => resolve(of))
      expect(returned).toBeUndefined()
    })
    expect(answer).toEqual([null, 'done'])
    expect(server.rows).toHaveLength(1)
  })

  test('of one that streams its response', async () => {
    const { server, end } = await scene()
    const written: string[] = []
    const stream = { write: (text: string) => void written.push(text) }
    const handler = withFlush(async (event: string, to: typeof stream, given: object) => {
      to.write(`${event} ${given === context}`)
      end('invocation')
    }, PATIENT)
    await handler('hello', stream, context)
    expect(written).toEqual(['hello true'])
    expect(server.rows).toHaveLength(1)
  })

  test('with what the global tracer provider holds', async () => {
    const { server, end } = await scene()
    let held = ['held']
    const forceFlush = async () => {
      for (const name of held) end(name)
      held = []
    }
    trace.setGlobalTracerProvider({ forceFlush, getTracer: vi.fn() } as never)
    onTestFinished(() => trace.disable())
    await withFlush(async () => {}, PATIENT)()
    expect(server.rows.map((row) => row['span_name'])).toEqual(['held'])
  })
})

describe('the handler is as it was', () => {
  test('its this, length, name and own properties', async () => {
    const streams = Symbol.for('aws.lambda.runtime.handler.streaming')
    async function three(this: unknown, _event: unknown, _to: unknown, _context: unknown) {
      return this
    }
    const wrapped = withFlush(Object.assign(three, { [streams]: 'response' }))
    expect([wrapped.length, wrapped.name, wrapped[streams]]).toEqual([3, 'three', 'response'])
    const owner = {}
    expect(await wrapped.call(owner, 1, 2, 3)).toBe(owner)
    expect(withFlush(async (_one: unknown) => {})).toHaveLength(1)
  })

  test('what it returns and throws at once', () => {
    const returned = { plain: true }
    expect(withFlush(() => returned)()).toBe(returned)
    const error = new Error('at once')
    const throws = withFlush(() => {
      throw error
    })
    expect(throws).toThrow(error)
  })

  test('the arguments of a callback handler with fewer parameters', async () => {
    const callback = () => {}
    const seen = await withFlush(async (...given: unknown[]) => given)('event', context, callback)
    expect(seen).toEqual(['event', context, callback])
    expect(seen[2]).toBe(callback)
  })
})

describe('a flush that is late or fails changes nothing', () => {
  test('and is waited for no longer than timeoutMs', async () => {
    const { server, end } = await scene()
    server.follow('hang')
    const handler = withFlush(
      async () => {
        end('invocation')
        return 'result'
      },
      { timeoutMs: 50 },
    )
    const work = handler()
    expect(await elapsed(work)).toBeLessThan(onThisMachine(SOON_MS))
    expect(await work).toBe('result')
  })

  test.each([
    ['second', 250],
    ['third', 250],
    ['second', -1],
  ])(
    'nor longer than the time that the context, as %s parameter, still has (%i ms)',
    async (place, ms) => {
      const { server, end } = await scene()
      server.follow('hang')
      const timed = { getRemainingTimeInMillis: () => ms }
      const handler = withFlush(async (..._: unknown[]) => end('invocation'), PATIENT)
      const work = place === 'second' ? handler({}, timed) : handler({}, {}, timed)
      expect(await elapsed(work)).toBeLessThan(onThisMachine(SOON_MS))
    },
  )

  test('if the provider hangs, our own exporters are still flushed', async () => {
    const { server, end } = await scene()
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const forceFlush = () => held
    trace.setGlobalTracerProvider({ forceFlush, getTracer: vi.fn() } as never)
    onTestFinished(() => trace.disable())
    const handler = withFlush(async () => end('invocation'), { timeoutMs: 60_000 })
    const work = handler()
    await server.received(1)
    release()
    await work
    expect(server.rows).toHaveLength(1)
  })

  test('a provider that hangs is not waited for', async () => {
    const forceFlush = () => new Promise(() => {})
    trace.setGlobalTracerProvider({ forceFlush, getTracer: vi.fn() } as never)
    onTestFinished(() => trace.disable())
    const work = withFlush(async () => 'result', { timeoutMs: 50 })()
    expect(await elapsed(work)).toBeLessThan(onThisMachine(SOON_MS))
    expect(await work).toBe('result')
  })

  test('a provider or a context that throws changes nothing', async () => {
    const throws = () => {
      throw new Error('from elsewhere')
    }
    trace.setGlobalTracerProvider({ forceFlush: throws, getTracer: vi.fn() } as never)
    onTestFinished(() => trace.disable())
    const handler = withFlush(async (_event: unknown, _context: object) => 'result')
    expect(await handler({}, { getRemainingTimeInMillis: throws })).toBe('result')
  })
})

test.each([
  [undefined, {}, 'the handler given to withFlush() must be a function'],
  [() => {}, { timeoutMs: -1 }, '`timeoutMs` of withFlush() must be a number of at least 0'],
  [() => {}, { timeoutMs: '2s' }, '`timeoutMs` of withFlush() must be a number of at least 0'],
])('a mistake in its use is named when it wraps', (handler, options, problem) => {
  expect(() => withFlush(handler as never, options as never)).toThrow(problem)
})

test('options may be null', async () => {
  expect(await withFlush(async () => 'result', null as never)()).toBe('result')
})
