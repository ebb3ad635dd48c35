import { ClickHouseSpanProcessor } from '@spanhouse/exporter-clickhouse'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces, otelTraces, type SpanLike } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import { type FaultyProxy, startProxy } from '../kit/proxy.js'
import { shopSpan } from '../kit/shop-spans.js'
import { deduplicationKnown, statsOf } from '../kit/stats.js'

// Each of these settings lost, doubled, refused or changed rows, or broke our DDL, when we sent no setting against it.
const PROFILES: Record<string, Record<string, string | number>> = {
  limit: { limit: 30 },
  offset: { offset: 30 },
  timeout_overflow_mode: { max_execution_time: 300, timeout_overflow_mode: 'break' },
  small_blocks: { min_insert_block_size_rows: 10, min_insert_block_size_bytes: 0 },
  tiny_blocks: {
    min_insert_block_size_rows: 0,
    min_insert_block_size_bytes: 0,
    max_insert_block_size: 10,
    max_block_size: 10,
  },
  blocks_by_bytes: { min_insert_block_size_rows: 0, min_insert_block_size_bytes: 100 },
  deduplicate_insert: { deduplicate_insert: 'disable' },
  deduplicate_insert_select: { deduplicate_insert_select: 'disable' },
  insert_deduplicate: {
    insert_deduplicate: 0,
    deduplicate_insert: 'backward_compatible_choice',
    deduplicate_blocks_in_dependent_materialized_views: 0,
  },
  errors_num: { input_format_allow_errors_num: 10 },
  errors_ratio: { input_format_allow_errors_ratio: 0.9 },
  parallel_parsing: { min_chunk_bytes_for_parallel_parsing: 3 },
  force_null: { input_format_force_null_for_omitted_fields: 1 },
  maps_as_arrays: { input_format_json_map_as_array_of_tuples: 1 },
  default_nullable: { data_type_default_nullable: 1 },
  aggregates_null: { aggregate_functions_null_for_empty: 1 },
  strict_identifiers: { enforce_strict_identifier_format: 1 },
  date_time_input_format: { date_time_input_format: 'basic' },
  connection_handling: { input_format_connection_handling: 1 },
  table_filters: { additional_table_filters: "{'default.otel_traces': '0', 'system.tables': '0'}" },
  async: { async_insert: 1, wait_for_async_insert: 0 },
  session_timezone: { session_timezone: 'America/New_York' },
  old: { compatibility: '21.8' },
}

let server: ClickHouseServer
let proxy: FaultyProxy
beforeAll(async () => {
  const users = Object.entries(PROFILES).map(([name, settings]) => ({ name, settings }))
  server = await startClickHouse({ users })
  proxy = await startProxy(server.httpPort, 'lose first replies')
})
afterAll(async () => {
  await proxy?.close()
  await server?.stop()
})

const ROWS = 60
const otel = { schema: otelTraces, name: 'SpanName', id: 'SpanId' } // with a view on it
const flat = { schema: flatTraces, name: 'span_name', id: 'span_id' }

describe.concurrent.each(Object.keys(PROFILES))('under the profile %s', (profile) => {
  test.for(LONG ? [otel, flat] : [otel])(
    'rows of $schema.name are stored once, retried and beside a refused row',
    async ({ schema, name, id }, { expect }) => {
      const table = `${profile}.${schema.name}`
      const processor = new ClickHouseSpanProcessor({
        // Destinations of one name would share their connections. A lost reply on one that was in use before is no retry.
        destinations: [{ name: schema.name, endpoint: proxy.url }],
        username: profile,
        schema,
        database: profile,
        retry: { initialDelayMs: 1 },
      })
      processor.onEnd(shopSpan())
      await processor.forceFlush({ timeoutMs: 30_000 })
      await server.query(
        `ALTER TABLE ${table} ADD CONSTRAINT c CHECK NOT startsWith(${name}, 'refused')`,
      )
      const refused = { ...shopSpan(), name: 'refused' }
      let [spans, rejected] = [1, 0]
      for (const form of ['compact', 'whole']) {
        // A batch of more resources than its statement may hold is sent as whole rows.
        const resources = form === 'compact' ? 1 : 20
        for (let n = 0; n < ROWS; n++) processor.onEnd(ofResource(shopSpan(), n % resources))
        spans += ROWS
        // How a batch is divided around a row does not depend on its form.
        if (LONG || form === 'compact') {
          processor.onEnd(ofResource(refused, 0))
          rejected++
        }
        await processor.forceFlush({ timeoutMs: 30_000 })
        await deduplicationKnown(processor)

        const stats = statsOf(processor)
        expect(stats).toMatchObject({ delivered: spans, dropped: { rejected } })
        expect(stats).toMatchObject({ deduplication: 'effective', possibleDuplicates: 0 })
        expect(stats.retries).toBeGreaterThan(0)
        const stored = `SELECT count(), uniqExact(${id}) FROM ${table} FORMAT TSV`
        expect(await server.query(stored)).toBe(`${spans}\t${spans}\n`)
      }
      if (schema === otelTraces) expect(await tracesWithoutTimes(table)).toBe('0\n')
      await processor.shutdown()
    },
  )
})

function ofResource(span: SpanLike, number: number): SpanLike {
  return { ...span, resource: { attributes: { 'service.name': 'shop', number } } }
}

async function tracesWithoutTimes(table: string): Promise<string> {
  return server.query(
    `SELECT count() FROM ${table} WHERE TraceId NOT IN (SELECT TraceId FROM ${table}_trace_id_ts)`,
  )
}
