// The servers that measurements send to. Each is started when the first section asks for it.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { startServer } from './servers/start.mjs'

export function openSurroundings() {
  const stops = []

  async function server(...args) {
    const { said, stop } = await startServer(...args)
    stops.push(stop)
    return said
  }

  return {
    /** Three servers that take everything and keep nothing. */
    sinks: once(() =>
      Promise.all(['sink.mjs', 'sink.mjs', 'sink.mjs'].map((file) => server(file))),
    ),
    /** One that looks into what comes, too. */
    countingSink: once(() => server('sink.mjs', { args: ['--rows'] })),
    /** URLs of servers that are ill, by their illness. */
    sick: once(async () => JSON.parse(await server('sick.mjs'))),
    /** A sink on a core of its own, and the command that puts a worker on the other one; undefined where it is not possible. */
    cores: once(async () => {
      if (!(await canPin())) return undefined
      return { sink: await server('sink.mjs', { pin: pinTo(1) }), pin: pinTo(0) }
    }),
    /** The URL of a real server with an empty telemetry.traces. */
    clickHouse: once(async () => {
      const clickHouse = await startClickHouse()
      stops.push(() => clickHouse.stop())
      for (const statement of flatTraces.ddl()) await clickHouse.query(statement)
      return clickHouse.url
    }),
    close: () => Promise.all(stops.map((stop) => stop())),
  }
}

function once(start) {
  let started
  return () => (started ??= start())
}

function pinTo(core) {
  return ['taskset', '-c', String(core)]
}

async function canPin() {
  const run = promisify(execFile)
  return Promise.all([0, 1].map((core) => run('taskset', ['-c', String(core), 'true']))).then(
    () => true,
    () => false,
  )
}
