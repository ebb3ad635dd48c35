import { DiagLogLevel, diag } from '@opentelemetry/api'
import type { LogRecordLike } from '@spanhouse/transform'
import { expect, onTestFinished, test } from 'vitest'
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordProcessor } from '#sdk'
import { SOON } from '../../../../test/kit/exporters.js'
import { testWithOneSdk } from '../../../../test/kit/one-sdk.js'
import { eventually, flushed, LONG } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { turn } from '../../src/common/clock.js'
import type { Options } from '../../src/config/options.js'
import { ClickHouseLogRecordExporter } from '../../src/logs/log-record-exporter.js'
import { ClickHouseLogRecordProcessor } from '../../src/logs/log-record-processor.js'

// An application may send what OpenTelemetry says of itself through its own logs. What we say about a log record must not make another
// one, and so on.

/** Every line of OpenTelemetry becomes a log record. Returns our lines. */
function feeds(processor: LogRecordProcessor): string[] {
  const logger = new LoggerProvider({ processors: [processor] }).getLogger('diag')
  const lines: string[] = []
  const emit = (...words: unknown[]) => {
    const body = words.map(String).join(' ')
    if (body.startsWith('@spanhouse/')) lines.push(body)
    logger.emit({ body })
  }
  const all = { error: emit, warn: emit, info: emit, debug: emit, verbose: emit }
  diag.setLogger(all, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
  onTestFinished(() => diag.disable())
  return lines
}

/** One line for each of them would be far more than the few that are allowed. */
const MANY_ATTEMPTS = LONG ? 200 : 60
const options: Options<LogRecordLike> = {
  retry: SOON,
  batch: { maxDelayMs: 5 },
  shutdownTimeoutMs: 20,
}

function processorTo(more: Options<LogRecordLike>) {
  const made = new ClickHouseLogRecordProcessor({ ...options, ...more })
  onTestFinished(() => made.shutdown())
  return made
}

testWithOneSdk(
  'while the server fails, its lines are a few records, not one for each attempt',
  async () => {
    const server = await scriptedServer({ status: 500 })
    const processor = processorTo({ endpoint: server.url })
    const lines = feeds(processor)
    diag.info('the first record')
    await server.received(MANY_ATTEMPTS)
    expect(lines.length).toBeLessThan(5)
    server.follow('ok')
    await flushed(processor)
    expect(server.rows.map((row) => row['body'])).toEqual(
      expect.arrayContaining(['the first record', expect.stringContaining('takes no rows')]),
    )
    expect(statsOf(processor).accepted).toBeLessThan(10)
  },
)

test.each([
  ['are too large', { limits: { rowBytes: 10 } }, 'too_large'],
  ['find no room', { queue: { maxBytes: 1 } }, 'queue_full'],
])(
  'records that %s are dropped, and the line about that is dropped too',
  async (_, more, reason) => {
    const server = await scriptedServer()
    const processor = processorTo({ endpoint: server.url, ...more })
    const lines = feeds(processor)
    // The first record is what the API says of its new logger.
    for (let n = 0; n < 100; n++) {
      diag.info('a record')
      await turn()
    }
    await flushed(processor)
    expect(lines).toHaveLength(1)
    expect(statsOf(processor)).toMatchObject({ accepted: 102, dropped: { [reason]: 102 } })
  },
)

testWithOneSdk(
  'rows that the server refuses cause a few lines, which are refused too',
  async () => {
    const body = 'Code: 27. DB::Exception: Cannot parse input'
    const server = await scriptedServer({ status: 500, code: 27, body })
    const processor = processorTo({ endpoint: server.url })
    const lines = feeds(processor)
    for (let n = 0; n < 50; n++) {
      diag.info('a record')
      await flushed(processor)
    }
    expect(lines.length).toBeLessThan(5)
  },
)

test('our exporter under the SDK’s processor feeds itself no faster than the SDK exports', async () => {
  const server = await scriptedServer({ status: 500 })
  const exporter = new ClickHouseLogRecordExporter({ ...options, endpoint: server.url })
  const batches = new BatchLogRecordProcessor({ exporter, scheduledDelayMillis: 5 })
  onTestFinished(() => batches.shutdown())
  const lines = feeds(batches)
  diag.info('the first record')
  await server.received(MANY_ATTEMPTS)
  expect(lines.length).toBeLessThan(5)
  await eventually(() => expect(statsOf(exporter).waiting).toBeGreaterThan(0))
  expect(statsOf(exporter).accepted).toBeLessThan(10)
})
