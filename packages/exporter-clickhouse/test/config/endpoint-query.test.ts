import { describe, expect, test } from 'vitest'
import { errorOf, only } from './config-kit.js'

describe('an endpoint may carry everything', () => {
  test('as in the example of the documentation', () => {
    const { endpoint, username, password, asyncInsert, targets } = only({
      endpoint:
        'https://us%40er:p%3Ass@host:8443/proxy/?database=telemetry&table=spans&schema=otel&async_insert=1',
    })
    expect(endpoint.href).toBe('https://host:8443/proxy')
    expect([username, password, asyncInsert]).toEqual(['us@er', 'p:ss', true])
    expect(targets[0]).toMatchObject({ database: 'telemetry', table: 'spans' })
    expect(targets[0].schema.name).toBe('otel_traces')
  })

  test.each([
    ['batch.maxRows=7', { batch: { maxRows: 7 } }],
    ['batch.max_rows=7&batch.maxDelayMs=2s', { batch: { maxRows: 7, maxDelayMs: 2000 } }],
    ['timeout_ms=5s', { timeoutMs: 5000 }],
    ['user=u&password=p%26', { username: 'u', password: 'p&' }],
    ['compression.codec=br', { compression: { codec: 'br' } }],
    ['max_threads=4&insert_quorum=2', { settings: { max_threads: '4', insert_quorum: '2' } }],
    ['alter_sync=2&mask_keys=x', { settings: { alter_sync: '2', mask_keys: 'x' } }],
    ['settings.readonly=2', { settings: { readonly: '2' } }],
    ['headers.x-a=1', { headers: { 'x-a': '1' } }],
    ['headers.__proto__=1', { headers: JSON.parse('{"__proto__":"1"}') }],
    ['traces.batch.max_rows=7&traces.batch.max_bytes=8', { batch: { maxRows: 7, maxBytes: 8 } }],
    ['Traces.Table=t&traces.database=d', { targets: [{ table: 't', database: 'd' }] }],
    ['manageSchema=off&retry.maxRetries=unlimited', { manageSchema: 'off' }],
    [
      'spool.directory=/spool&spool.fsync=always',
      { spool: { directory: '/spool', fsync: 'always' } },
    ],
  ])('?%s', (query, expected) => {
    expect(only({ endpoint: `http://h/?${query}` })).toMatchObject(expected)
  })

  test.each([
    ['databse=d', '`databse` is not an option: did you mean `database`?'],
    ['maxRows=1', '`maxRows` is not an option: did you mean `batch.maxRows`?'],
    [
      'limit=1',
      '`limit` is not an option; a ClickHouse setting of one word is written as `settings.name`',
    ],
    ['batch.maxRows=0', '`batch.maxRows` must be a whole number from 1 to 1000000'],
    ['schema=parquet', "`schema` must be 'flat', 'otel' or 'otel_json'"],
    ['database=a&database=b', '`database` is given twice'],
    ['database=', '`database` must not be empty'],
    ['settings.async_insert=1', '`settings.async_insert`: async_insert is set by the exporter'],
    ['endpoint=http://x', '`endpoint` is not an option'],
    ['agent=x', '`agent` is not an option'],
    ['logs.endpoint=http://x', '`logs.endpoint` is not an option'],
    ['logs.batch=5', '`logs.batch` is not an option'],
    ['logs.table.x=5', '`logs.table.x` is not an option'],
    ['metrics.temporality=delta', '`metrics.temporality` is not an option'],
    [
      'signals=trace',
      "`signals`: each name must be 'traces', 'logs' or 'metrics': did you mean 'traces'?",
    ],
    ['a b=1', '`(a name not shown)` is not an option'],
    ['__proto__=1', '`__proto__` is not an option'],
  ])('?%s is an error', (query, problem) => {
    const { problems } = errorOf({ endpoint: `http://h/?${query}` })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(`endpoint: ${problem}`)
  })

  test('an error names the destination', () => {
    const destinations = [{ name: 'b', endpoint: 'http://h/?tabel=t' }]
    expect(errorOf({ destinations }).problems).toEqual([
      'destinations[b].endpoint: `tabel` is not an option: did you mean `table`?',
    ])
  })
})

describe("clickhouse://, the form of ClickHouse's own tools", () => {
  test.each([
    ['clickhouse://host', 'http://host:8123/', undefined],
    ['clickhouse://host:1/db', 'http://host:1/', 'db'],
    ['clickhouse://host/my%20db/', 'http://host:8123/', 'my db'],
    ['clickhouse://host/db?secure=1', 'https://host:8443/', 'db'],
    ['clickhouse://host:9443?secure=true', 'https://host:9443/', undefined],
    ['clickhouse://host?secure=0', 'http://host:8123/', undefined],
    ['CLICKHOUSE://host', 'http://host:8123/', undefined],
  ])('%s', (text, href, database) => {
    const { endpoint, targets } = only({ endpoint: text })
    expect(endpoint.href).toBe(href)
    expect(targets[0].database).toBe(database ?? 'telemetry')
  })

  test('carries credentials and options like the other', () => {
    expect(only({ endpoint: 'clickhouse://u:p%2F@host/db?table=t&max_threads=4' })).toMatchObject({
      username: 'u',
      password: 'p/',
      settings: { max_threads: '4' },
      targets: [{ database: 'db', table: 't' }],
    })
  })

  test('`secure` belongs to it alone: http and https say it themselves', () => {
    expect(errorOf({ endpoint: 'http://host?secure=1' }).problems[0]).toContain(
      '`secure` is not an option',
    )
  })
})
