import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'

// The built command, in a process of its own: only there it shows whether something keeps the process alive while it waits.
const CLI = fileURLToPath(new URL('../../packages/spanhouse/dist/cli.js', import.meta.url))

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse()
  for (const statement of flatTraces.ddl({})) await server.query(statement)
})
afterAll(() => server?.stop())

function start(...args: string[]) {
  const child = spawn(process.execPath, [CLI, 'doctor', ...args], {
    cwd: '/',
    env: {
      PATH: process.env['PATH'],
      OTEL_TRACES_EXPORTER: 'clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const output = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    output.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.err += chunk
  })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...output }))
  return { child, ended }
}

test('the built command finds, mends and finds nothing more, with the exit codes that say so', async () => {
  await server.query('ALTER TABLE telemetry.traces DROP COLUMN scope_version')
  expect((await start().ended).code).toBe(2)
  const mended = await start('--fix', '--yes').ended
  expect(mended.code).toBe(0)
  expect(mended.out).toContain('done\nALTER TABLE')
  const { code, out } = await start('--json').ended
  expect(JSON.parse(out)).toMatchObject({ exitCode: 0, counts: { problem: 0, warning: 0 } })
  expect(code).toBe(0)
})

test('Ctrl-C ends it while a server hangs', async () => {
  const silent = createServer((socket) => socket.on('error', () => {}))
  silent.listen(0, '127.0.0.1')
  onTestFinished(() => void silent.close())
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const { child, ended } = start('--endpoint', `http://127.0.0.1:${port}`)
  await once(silent, 'connection')
  child.kill('SIGINT')
  expect(await ended).toMatchObject({
    code: 130,
    err: expect.stringContaining('The examination was interrupted.'),
  })
})
