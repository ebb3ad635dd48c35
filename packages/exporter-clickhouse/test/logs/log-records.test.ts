import type { LogRecordLike } from '@spanhouse/transform'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  BatchLogRecordProcessor,
  ExportResultCode,
  LoggerProvider,
  type LogRecordExporter,
  type LogRecordProcessor,
  resourceFromAttributes,
} from '#sdk'
import { PATIENT } from '../../../../test/kit/exporters.js'
import { flushed, PATIENT_MS } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeLog } from '../../../transform/test/logs.js'
import type { Options } from '../../src/config/options.js'
import { ClickHouseLogRecordExporter } from '../../src/logs/log-record-exporter.js'
import { ClickHouseLogRecordProcessor } from '../../src/logs/log-record-processor.js'
import type { ExportResult } from '../../src/pipeline/exports.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

function processorTo(options: Options<LogRecordLike>) {
  const made = new ClickHouseLogRecordProcessor({ ...PATIENT, ...options })
  onTestFinished(() => made.shutdown())
  return made
}

function exporterTo(options: Options<LogRecordLike>) {
  const made = new ClickHouseLogRecordExporter({ ...PATIENT, ...options })
  onTestFinished(() => made.shutdown())
  return made
}

/** A logger of the SDK whose records pass through these processors. */
function loggerThrough(...processors: LogRecordProcessor[]) {
  const resource = resourceFromAttributes({ 'service.name': 'shop' })
  const provider = new LoggerProvider({ resource, processors })
  return { provider, logger: provider.getLogger('by-hand', '1.0') }
}

const exported = (to: ClickHouseLogRecordExporter, records: LogRecordLike[]) =>
  new Promise<ExportResult>((resolve) => to.export(records, resolve))

const bodiesIn = ({ rows }: { rows: Record<string, unknown>[] }) => rows.map(({ body }) => body)

describe('the processor', () => {
  test('inserts the records of a logger as rows of the table for logs', async () => {
    const server = await scriptedServer()
    const processor = processorTo({ endpoint: server.url })
    const { logger } = loggerThrough(processor satisfies LogRecordProcessor)
    logger.emit({
      severityNumber: 17,
      severityText: 'ERROR',
      body: 'no',
      attributes: { n: 1 },
      eventName: 'e',
    })
    await flushed(processor)
    expect(server.rows).toEqual([
      expect.objectContaining({
        body: 'no',
        severity_text: 'ERROR',
        severity_number: 17,
        event_name: 'e',
        service_name: 'shop',
        scope_name: 'by-hand',
        attributes: { n: '1' },
      }),
    ])
    expect(server.inserts[0]?.query.get('query') ?? server.inserts[0]?.body.toString()).toContain(
      '`telemetry`.`logs`',
    )
  })

  test('encodes a record when it is emitted: what processors before it change shows, what later ones change does not', async () => {
    const server = await scriptedServer()
    const ours = processorTo({ endpoint: server.url })
    const adds = (key: string): LogRecordProcessor => ({
      onEmit: (record) => void record.setAttribute(key, 'x').setBody(`${record.body} ${key}`),
      forceFlush: async () => {},
      shutdown: async () => {},
    })
    const { logger } = loggerThrough(adds('before'), ours, adds('after'))
    logger.emit({ body: 'record' })
    await flushed(ours)
    expect(server.rows).toMatchObject([{ body: 'record before', attributes: { before: 'x' } }])
  })

  test('keeps a record as it was emitted while it waits for its resource', async () => {
    const server = await scriptedServer()
    const processor = processorTo({ endpoint: server.url })
    let known = () => {}
    const ready = new Promise<void>((resolve) => {
      known = resolve
    })
    const resource = {
      attributes: { 'service.name': 'unknown' },
      asyncAttributesPending: true,
      waitForAsyncAttributes: () => ready,
    }
    const changing = { ...makeLog({ body: 'emitted' }), attributes: { a: '1' }, resource }
    processor.onEmit(changing)
    Object.assign(changing, { body: 'changed', severityText: 'changed' })
    Object.assign(changing.attributes, { a: '2', b: '2' })
    expect(statsOf(processor)).toMatchObject({ accepted: 1, waiting: 1 })
    Object.assign(resource, {
      attributes: { 'service.name': 'known' },
      asyncAttributesPending: false,
    })
    known()
    await flushed(processor)
    expect(server.rows).toMatchObject([
      {
        body: 'emitted',
        severity_text: 'ERROR',
        attributes: { a: '1' },
        service_name: 'known',
        // What nobody has changed is there too.
        severity_number: 17,
        event_name: 'payment.declined',
        span_id: 'b7ad6b7169203331',
        scope_name: 'pino',
      },
    ])
  })

  test('keeps a record as it was emitted while another one is encoded', async () => {
    const server = await scriptedServer()
    const processor = processorTo({ endpoint: server.url })
    const inner = { ...makeLog({ body: 'inner' }), attributes: { a: '1' } }
    const attributes = {
      get x() {
        processor.onEmit(inner)
        Object.assign(inner, { body: 'changed', attributes: {} })
        return 'y'
      },
    }
    processor.onEmit(makeLog({ body: 'outer', attributes }))
    await flushed(processor)
    expect(bodiesIn(server).toSorted()).toEqual(['inner', 'outer'])
    expect(server.rows.find(({ body }) => body === 'inner')).toMatchObject({
      attributes: { a: '1' },
    })
  })

  test('takes records of every level, also without a span, and none after shutdown', async () => {
    const server = await scriptedServer()
    const processor = processorTo({ endpoint: server.url, shutdownTimeoutMs: PATIENT_MS })
    processor.onEmit(makeLog({ body: 'trace level', severityNumber: 1 }))
    processor.onEmit(
      makeLog({
        body: 'in a span that is not sampled',
        spanContext: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0 },
      }),
    )
    processor.onEmit(makeLog({ body: 'without a span', spanContext: undefined }))
    await processor.shutdown()
    processor.onEmit(makeLog({ body: 'late' }))
    expect(bodiesIn(server)).toEqual([
      'trace level',
      'in a span that is not sampled',
      'without a span',
    ])
    expect(statsOf(processor)).toMatchObject({ accepted: 3, delivered: 3 })
  })

  test.each([undefined, null, 7, 'text', {}, [], () => {}])(
    'throws nothing into the application for %j',
    async (hostile) => {
      const server = await scriptedServer()
      const processor = processorTo({ endpoint: server.url })
      processor.onEmit(hostile as never)
      processor.onEmit(makeLog({ body: 'next' }))
      await flushed(processor)
      expect(bodiesIn(server)).toContain('next')
      expect(statsOf(processor).accepted).toBe(2)
    },
  )
})

describe('the exporter', () => {
  test('takes the batches of the SDK’s processor, and calls back with its codes', async () => {
    const server = await scriptedServer()
    const exporter = exporterTo({ endpoint: server.url })
    const batches = new BatchLogRecordProcessor({ exporter: exporter satisfies LogRecordExporter })
    const { logger, provider } = loggerThrough(batches)
    for (const body of ['one', 'two']) logger.emit({ body })
    await provider.forceFlush()
    expect(bodiesIn(server)).toEqual(['one', 'two'])
    expect((await exported(exporter, [makeLog()])).code).toBe(ExportResultCode.SUCCESS)
    await exporter.shutdown()
    expect(await exported(exporter, [makeLog()])).toEqual({
      code: ExportResultCode.FAILED,
      error: new Error('spanhouse: the exporter is shut down'),
    })
  })

  test('says which records every destination dropped', async () => {
    const server = await scriptedServer()
    const exporter = exporterTo({ endpoint: server.url, limits: { rowBytes: 10 } })
    const { code, error } = await exported(exporter, [makeLog()])
    expect(code).toBe(1)
    expect(error?.message).toBe('spanhouse: every destination dropped these log records')
    expect(statsOf(exporter).dropped).toEqual({ too_large: 1 })
  })
})
