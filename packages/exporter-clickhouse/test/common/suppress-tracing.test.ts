import { describe, expect, onTestFinished, test } from 'vitest'
import { AsyncLocalStorageContextManager, context, isTracingSuppressed } from '#sdk'
import { withoutTracing } from '../../src/common/suppress-tracing.js'

const API = Symbol.for('opentelemetry.js.api.1')
const shared = globalThis as { [API]?: Record<string, unknown> | undefined }

function withApi(api: Record<string, unknown> | undefined): void {
  const before = shared[API]
  if (api === undefined) delete shared[API]
  else shared[API] = api
  onTestFinished(() => {
    shared[API] = before
  })
}

const isSuppressed = () => isTracingSuppressed(context.active())

describe('without a context manager', () => {
  test('what is begun in the call is not traced, and what comes after is', async () => {
    withApi(undefined)
    expect(withoutTracing(isSuppressed)).toBe(true)
    expect(isSuppressed()).toBe(false)
    const later = withoutTracing(() => Promise.resolve().then(isSuppressed))
    expect(await later).toBe(false)
  })

  test('nothing is left behind where the application will register its own, also if the call throws', () => {
    withApi(undefined)
    const failing = () =>
      withoutTracing(() => {
        throw new Error('of the request')
      })
    expect(failing).toThrow('of the request')
    expect(shared[API]).toBeUndefined()
    const api = { version: '1.999.0', trace: {} }
    withApi(api)
    withoutTracing(() => {})
    expect(api).toEqual({ version: '1.999.0', trace: {} })
  })

  test('what is registered during the call stays', () => {
    withApi(undefined)
    const trace = {}
    withoutTracing(() => {
      Object.assign(shared[API] ?? {}, { trace })
    })
    expect(shared[API]?.['trace']).toBe(trace)
    expect(shared[API]?.['context']).toBeUndefined()
  })

  test('contexts that an instrumentation makes inside come and go, and its functions are called as they are', () => {
    withApi(undefined)
    const key = Symbol('key')
    withoutTracing(() => {
      const inner = context.active().setValue(key, 'inner')
      const seen = context.with(inner, () => [context.active().getValue(key), isSuppressed()])
      expect(seen).toEqual(['inner', true])
      expect(context.active().getValue(key)).toBeUndefined()
      const bound = () => {}
      expect(context.bind(inner, bound)).toBe(bound)
      expect(withoutTracing(isSuppressed)).toBe(true)
    })
  })
})

test('a context manager that only an older copy of the api sees is used', () => {
  const manager = new AsyncLocalStorageContextManager().enable()
  const api = { version: '1.0.0', context: manager }
  withApi(api)
  onTestFinished(() => void manager.disable())
  expect(withoutTracing(() => isTracingSuppressed(manager.active()))).toBe(true)
  expect(api.context).toBe(manager)
  expect(isTracingSuppressed(manager.active())).toBe(false)
})
