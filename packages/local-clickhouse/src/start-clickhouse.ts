/// <reference lib="esnext.disposable" preserve="true" />
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { explainFailedStart } from './failure.js'
import { parseOptions, type StartOptions } from './options.js'
import { currentPlatform, findLibrary, resolveInstalled } from './platform.js'
import { query } from './query.js'
import { writeServerConfig } from './server-config.js'
import { type ServerProcess, spawnServer } from './server-process.js'

const START_DEADLINE_MS = 30_000
const POLL_MS = 10

export interface ClickHouseServer {
  /** Without a slash at the end. */
  readonly url: string
  readonly httpPort: number
  readonly tcpPort: number
  readonly dataDir: string
  readonly pid: number
  /** Resolves when the server has ended, for any reason. */
  readonly exited: Promise<void>
  /** Posts one statement as the user `default`. Resolves with the text of the answer, or rejects with the server's message. */
  query(sql: string): Promise<string>
  /** Resolves when the process, its ports and a temporary data directory are gone. */
  stop(): Promise<void>
  /** As `stop()`, with SIGKILL. */
  kill(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export function startClickHouse(options: StartOptions = {}): Promise<ClickHouseServer> {
  return startUnlessAborted(options)
}

/** As `startClickHouse`. If the signal is aborted first, it rejects as soon as nothing of the server is left. */
export async function startUnlessAborted(
  options: StartOptions,
  signal?: AbortSignal,
): Promise<ClickHouseServer> {
  const config = parseOptions(options)
  const library = findLibrary(currentPlatform(), resolveInstalled)
  if (config.dataDir !== undefined) makeDataDir(config.dataDir)

  const privateDir = mkdtempSync(join(tmpdir(), 'spanhouse-clickhouse-'))
  const dataDir = config.dataDir ?? join(privateDir, 'data')
  const portsFile = join(privateDir, 'ports.tsv')
  const args = writeServerConfig(privateDir, dataDir, portsFile, config)
  const server = spawnServer(library, privateDir, args)

  const ports = await openPorts(server, portsFile, signal)
  if (!ports) {
    const why = server.hasExited()
      ? explainFailedStart(server.output(), { ...config, dataDir })
      : `ClickHouse was not ready within ${START_DEADLINE_MS / 1000} s and was ended: try again when the machine is less busy.`
    await server.end('SIGKILL')
    server.settle()
    throw new Error(why)
  }
  server.settle()

  const url = `http://127.0.0.1:${ports.httpPort}`
  const stop = () => server.end('SIGTERM')
  return {
    url,
    ...ports,
    dataDir,
    pid: server.pid as number,
    exited: server.exited,
    query: (sql) => query(url, sql),
    stop,
    kill: () => server.end('SIGKILL'),
    [Symbol.asyncDispose]: stop,
  }
}

function makeDataDir(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true })
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Error(
      `The data directory ${directory} cannot be used (${(error as NodeJS.ErrnoException).code}): choose another one.`,
      { cause: error },
    )
  }
}

async function openPorts(server: ServerProcess, file: string, signal?: AbortSignal) {
  const deadline = performance.now() + START_DEADLINE_MS
  while (performance.now() < deadline && !server.hasExited() && !signal?.aborted) {
    const ports = readPorts(file)
    if (ports) return ports
    await sleep(POLL_MS)
  }
  return undefined
}

function readPorts(file: string): { httpPort: number; tcpPort: number } | undefined {
  try {
    const line = /^(\d+)\t(\d+)\n/.exec(readFileSync(file, 'utf8'))
    return line ? { httpPort: Number(line[1]), tcpPort: Number(line[2]) } : undefined
  } catch {
    return undefined // not written yet
  }
}
