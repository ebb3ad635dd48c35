import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { linesToCopy } from '../../src/application/lines.js'

test('the lines to copy send every signal to this ClickHouse', () => {
  const lines = linesToCopy('http://127.0.0.1:1234', temporaryDirectory())
  expect(lines.filter(({ kind }) => kind === '').map(({ line }) => line)).toEqual([
    'export OTEL_TRACES_EXPORTER=clickhouse',
    'export OTEL_LOGS_EXPORTER=clickhouse',
    'export OTEL_METRICS_EXPORTER=clickhouse',
    'export OTEL_EXPORTER_CLICKHOUSE_ENDPOINT=http://127.0.0.1:1234',
    'export OTEL_EXPORTER_CLICKHOUSE_BATCH_MAX_DELAY=200',
  ])
})
