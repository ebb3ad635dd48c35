// The servers that measurements send to. Each is started in a separate process when it is first needed.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'

export function openServers() {
  const stops = []

  async function start(...args) {
    const { said, stop } = await startServer(...args)
    stops.push(stop)
    return said
  }

  return {
    /** Three servers that take everything and keep nothing. */
    sinks: memoized(() =>
      Promise.all(['sink.mjs', 'sink.mjs', 'sink.mjs'].map((file) => start(file))),
    ),
    /** One that also counts the spans in what it takes. */
    countingSink: memoized(() => start('sink.mjs', { args: ['--rows'] })),
    /** URLs of broken servers, by the way in which they are broken. */
    sick: memoized(async () => JSON.parse(await start('sick.mjs'))),
    /** A sink on one core, and the command that binds a worker to another; undefined where this is impossible. */
    cores: memoized(async () => {
      if (!(await canPin())) return undefined
      return { sink: await start('sink.mjs', { pin: pinTo(1) }), pin: pinTo(0) }
    }),
    /** The URL of a real server with an empty telemetry.traces. */
    clickHouse: memoized(async () => {
      const clickHouse = await startClickHouse()
      stops.push(() => clickHouse.stop())
      for (const statement of flatTraces.ddl()) await clickHouse.query(statement)
      return clickHouse.url
    }),
    close: () => Promise.all(stops.map((stop) => stop())),
  }
}

/** Starts a file of this folder. `said` is the line it prints, `ask` resolves with the next one. It ends when it is stopped, or with this process. */
export async function startServer(file, { args = [], pin = [] } = {}) {
  const [command, ...rest] = [
    ...pin,
    process.execPath,
    fileURLToPath(new URL(file, import.meta.url)),
    ...args,
  ]
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const [said] = await once(lines, 'line')
  return {
    said,
    async ask(question) {
      child.stdin.write(`${question}\n`)
      const [answer] = await once(lines, 'line')
      return answer
    },
    stop: () => child.stdin.end(),
  }
}

function memoized(start) {
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
