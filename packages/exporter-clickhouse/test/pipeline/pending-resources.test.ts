import { diag } from '@opentelemetry/api'
import { afterEach, describe, expect, onTestFinished, test } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { freePort } from '../../../../test/kit/free-port.js'
import { eventually, SOON_MS } from '../../../../test/kit/patience.js'
import { namesIn, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { ClickHouseSpanProcessor } from '../../src/traces/span-processor.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

afterEach(() => diag.disable())

describe('resources whose attributes are still on their way', () => {
  function slowResource() {
    let known = () => {}
    const ready = new Promise<void>((resolve) => {
      known = resolve
    })
    const resource = {
      attributes: { 'service.name': 'unknown' },
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => ready,
    }
    return {
      resource,
      settle() {
        resource.attributes = { 'service.name': 'known' }
        resource.asyncAttributesPending = false
        known()
      },
    }
  }

  test('are waited for', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url })
    const { resource, settle } = slowResource()
    const done = exported(to, [makeSpan({ resource })])
    const flushed = to.forceFlush()
    await new Promise((resolve) => setImmediate(resolve))
    expect(server.requests).toHaveLength(0)
    settle()
    expect(await done).toEqual({ code: 0 })
    await flushed
    expect(server.rows).toMatchObject([{ service_name: 'known' }])
  })

  test('but not for ever', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url, flushTimeoutMs: 50 })
    const { resource } = slowResource()
    expect(await exported(to, [makeSpan({ resource })])).toEqual({ code: 0 })
    expect(server.rows).toMatchObject([{ service_name: 'unknown' }])
  })

  test('once for each resource, however many records come, and never again if it was in vain', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url, flushTimeoutMs: 100 })
    let waits = 0
    const resource = {
      attributes: {},
      asyncAttributesPending: true,
      waitForAsyncAttributes() {
        waits++
        return new Promise<void>(() => {})
      },
    }
    const one = (name: string) => exported(to, [makeSpan({ name, resource })])
    const several = Array.from({ length: 20 }, (_, n) => one(`span ${n}`))
    await Promise.all(several)
    expect(waits).toBe(1)
    const later = one('later')
    expect(statsOf(to)).toMatchObject({ accepted: 21 })
    await later
    expect(waits).toBe(1)
    await eventually(() => expect(server.rows).toHaveLength(21))
  })

  test('and hold up no other rows', async () => {
    const server = await scriptedServer()
    const to = exporterTo({
      endpoint: server.url,
      acknowledge: 'accepted',
      batch: { maxDelayMs: 60_000 },
      flushTimeoutMs: SOON_MS,
    })
    to.export([makeSpan({ name: 'slow', resource: slowResource().resource })], () => {})
    to.export(spans(1), () => {})
    void to.forceFlush().catch(() => {})
    await server.received(1)
    expect(namesIn(server)).toEqual(['span 1'])
  })

  test('and are named when they keep a flush from ending', async () => {
    const server = await scriptedServer()
    const to = exporterTo({ endpoint: server.url, flushTimeoutMs: 200 })
    to.export([makeSpan({ resource: slowResource().resource })], () => {})
    expect(statsOf(to)).toMatchObject({ accepted: 1, waiting: 1 })
    await expect(to.forceFlush({ timeoutMs: 20 })).rejects.toThrow(/1 rows?/)
  })
})

test('waiting for the attributes of a resource does not hold the process', async () => {
  const held = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
  const processor = new ClickHouseSpanProcessor({
    endpoint: `http://127.0.0.1:${await freePort()}`,
    shutdownTimeoutMs: 20,
  })
  onTestFinished(() => processor.shutdown())
  const resource = {
    attributes: {},
    asyncAttributesPending: true,
    waitForAsyncAttributes: () => new Promise<void>(() => {}),
  }
  const before = held()
  processor.onEnd({ ...makeSpan(), resource })
  expect(held()).toBe(before)
  expect(processor.stats().destinations['primary']).toMatchObject({ accepted: 1, waiting: 1 })
})
