// Grafana of compose.yaml: what is provisioned, and what its data source's user may ask.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { DASHBOARDS } from '../dashboards/kit/dashboards.js'
import { frame } from '../dashboards/kit/data-source.js'
import { opened } from '../dashboards/kit/world.js'
import type { Server } from '../kit/server-with-files.js'
import { composedServer, read } from './kit.js'

const { grafana, clickhouse } = parse(read('compose.yaml'), { merge: true }).services
const [source] = parse(read('docker/monitor/grafana/datasources/clickhouse.yaml')).datasources
const READER = {
  'x-clickhouse-user': source.jsonData.username as string,
  'x-clickhouse-key': 'r3ader',
}
const NOW = { fromMs: Date.now() - 3_600_000, toMs: Date.now() }

let server: Server
beforeAll(async () => {
  vi.stubEnv('SPANHOUSE_PASSWORD', 'wr1ter')
  vi.stubEnv('SPANHOUSE_READER_PASSWORD', READER['x-clickhouse-key'])
  server = await composedServer()
})
afterAll(() => server?.stop())

test('the data source asks the server of compose.yaml, as a user who is there', () => {
  expect(source).toMatchObject({
    type: 'grafana-clickhouse-datasource',
    jsonData: { host: 'clickhouse', port: 8123, protocol: 'http' },
    secureJsonData: { password: '$SPANHOUSE_READER_PASSWORD' },
  })
  expect(grafana.environment.SPANHOUSE_READER_PASSWORD).toBe(
    clickhouse.environment.SPANHOUSE_READER_PASSWORD,
  )
  expect(grafana.environment.GF_PLUGINS_PREINSTALL_SYNC).toContain(`${source.type}@`)
  expect(read('docker/reader.xml')).toContain(`<${source.jsonData.username}>`)
})

test('every dashboard is where the provider looks', () => {
  const { providers } = parse(read('docker/monitor/grafana/dashboards/spanhouse.yaml'))
  const paths = providers.map(({ options }: { options: { path: string } }) => options.path)
  const mounted = grafana.volumes.map((one: string) => one.split(':')[1])
  expect(paths).toContain('/etc/grafana/dashboards')
  expect(mounted).toContain('/etc/grafana/dashboards')
})

describe.each([...DASHBOARDS])('the user may ask all that %s asks', (path, { panels }) => {
  test('variables and panels', async () => {
    const look = await opened(server, path, {}, NOW, READER)
    for (const { targets, title } of panels)
      for (const { rawSql } of targets)
        await expect(frame(server, rawSql, look, READER), title).resolves.toBeDefined()
  })
})

async function ask(sql: string, parameters = ''): Promise<string> {
  const response = await fetch(`${server.url}/?${parameters}`, {
    method: 'POST',
    body: sql,
    headers: READER,
  })
  return response.text()
}

test.each([
  "INSERT INTO telemetry.traces (trace_id) VALUES ('a')",
  'CREATE TABLE telemetry.mine (a Int8) ENGINE = Memory',
  'DROP TABLE telemetry.traces',
  'TRUNCATE TABLE default.otel_traces',
  'ALTER TABLE telemetry.traces DELETE WHERE 1',
  'CREATE USER ann',
  "SELECT * FROM url('http://127.0.0.1:1', CSV, 'a Int8')",
  "SELECT * FROM file('/etc/passwd', CSV, 'a String')",
  'SELECT * FROM system.query_log',
  'KILL QUERY WHERE 1',
])('the user may not %s', async (sql) => {
  expect(await ask(sql)).toMatch(/ACCESS_DENIED|READONLY|UNKNOWN_TABLE/)
})

test('the data source may set a time limit, but nobody takes it away', async () => {
  expect(await ask('SELECT 1', 'max_execution_time=30')).toBe('1\n')
  expect(await ask('SELECT 1', 'max_execution_time=0')).toContain('max_execution_time')
  expect(await ask('SELECT 1', 'max_memory_usage=0')).toContain('max_memory_usage')
  expect(await ask('SELECT 1', 'readonly=0')).toContain('readonly')
})
