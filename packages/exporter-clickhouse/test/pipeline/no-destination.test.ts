import { diag } from '@opentelemetry/api'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { SIGNALS } from '../../src/config/signal.js'
import { Pipeline } from '../../src/pipeline/pipeline.js'

let warnings: string[]
beforeEach(() => {
  warnings = []
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)))
})
afterEach(() => {
  vi.restoreAllMocks()
  diag.disable()
})

describe.each(SIGNALS)('a pipeline of %s that no destination takes', (signal) => {
  function pipeline(options: object = {}): Pipeline<object & { resource: object }> {
    const signals = SIGNALS.filter((one) => one !== signal)
    const made = new Pipeline(parseConfig(signal, { signals, ...options }, {}))
    onTestFinished(() => made.shutdown())
    return made as never
  }

  test('takes every record, keeps none, and says once that nothing is sent', async () => {
    const lines = diagLines()
    const to = pipeline()
    expect(await to.export([makeSpan(), makeSpan()])).toBe(true)
    to.accept(makeSpan())
    expect(to.stats()).toEqual({ destinations: {} })
    await to.flush()
    await to.flushBeforeExit()
    to.exits()
    await to.shutdown()
    const why = `no destination takes ${signal}: the option \`signals\` leaves them out everywhere.`
    expect(lines.filter((line) => line.includes(why))).toHaveLength(1)
    expect(warnings).toEqual([expect.stringContaining(why)])
  })

  test('does not wait for the attributes of a resource', async () => {
    const to = pipeline({ acknowledge: 'accepted' })
    const resource = {
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => new Promise(() => {}),
    }
    const records = Array.from({ length: 20_000 }, () => ({ ...makeSpan(), resource }))
    expect(await to.export(records)).toBe(true)
    for (const record of records) to.accept(record)
    await to.flush(100)
  })
})
