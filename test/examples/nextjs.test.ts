// Next.js is 200 MB, so it is no member of the workspace: the command copies the example and installs it with the packed packages. That and
// its build take as long as forty other test files, so only a long run does it.
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import { runExample } from './run-example.js'

test.runIf(LONG)(
  'nextjs: built and started, one request gives the span of its route',
  async () => {
    await using server = await startClickHouse()
    const { exitCode, stdout, stderr, rows } = await runExample(server, 'nextjs')
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
    expect(stdout).toContain('Hello, Ada!')
    const [request] = rows.filter(({ span_kind }) => span_kind === 'SERVER')
    expect(request).toMatchObject({
      service_name: 'website',
      span_name: 'GET /hello/[name]',
      attributes: { 'http.route': '/hello/[name]', 'http.status_code': '200' },
    })
    const inside = rows.filter(({ parent_span_id }) => parent_span_id === request?.span_id)
    expect(inside.map(({ span_name }) => span_name)).toContain(
      'executing api route (app) /hello/[name]',
    )
  },
  600_000,
)
