import { once } from 'node:events'
import { createServer } from 'node:net'
import { startClickHouse } from '@spanhouse/local-clickhouse'
import { CommandError } from '../terminal/command-error.js'
import {
  type DataFolder,
  dataFolderFor,
  type Place,
  prepare,
  projectAbove,
  projectNote,
  removeData,
} from './data-folder.js'
import { findRunning, forgetServer, noteServer } from './running-server.js'

/** The port that the exporter and everybody else expects. */
const PREFERRED_PORT = 8123

export interface LocalServer {
  readonly url: string
  /** Where the data is kept, as messages name it; undefined if it goes with the server. */
  readonly folder: string | undefined
  /** The process of the `spanhouse dev` that has started it, if it was another one: it ends with that one. */
  readonly startedBy: number | undefined
  /** Resolves when the server has ended by itself. Never for a server of another command. */
  readonly exited: Promise<void>
  /** Ends the server, unless it is that of another command. */
  stop(): Promise<void>
}

export interface LocalOptions extends Place {
  /** Removes the data of earlier runs first. */
  readonly fresh?: boolean
  /** Keeps nothing. */
  readonly inMemory?: boolean
  /** Default: 8123, or any free one. */
  readonly preferredPort?: number
}

/** Starts ClickHouse for this project, or finds the one that another `spanhouse dev` has started for it. */
export async function openLocalServer(options: LocalOptions): Promise<LocalServer> {
  const { preferredPort = PREFERRED_PORT } = options
  if (options.inMemory) return noted(await start(undefined, preferredPort), undefined, options)
  const folder = dataFolderFor(options)
  const running = await findRunning(folder.serverFile)
  const isSame = running?.data === folder.data
  if (running && isSame && options.fresh)
    throw new CommandError(
      `Another spanhouse dev (process ${running.pid}) uses the data in ${folder.show(folder.path)}: end it before --fresh, or choose another folder with --data.`,
    )
  if (running && isSame)
    return {
      url: running.url,
      folder: folder.show(folder.path),
      startedBy: running.pid,
      exited: new Promise(() => {}),
      stop: async () => {},
    }
  await prepare(folder)
  if (options.fresh) await removeData(folder)
  return noted(await start(folder, preferredPort), folder, options)
}

/** Notes the server beside its data, for the next `dev`, and for the project, for commands that read. */
async function noted(
  server: Started,
  folder: DataFolder | undefined,
  place: Place,
): Promise<LocalServer> {
  const note = { url: server.url, pid: process.pid, data: server.dataDir }
  const ofProject = projectNote(projectAbove(place.cwd) ?? place.cwd, place)
  if (folder) await noteServer(folder.serverFile, note)
  // The user's cache may be read-only. Commands that read may find the server without it.
  await noteServer(ofProject, note).catch(() => {})
  return {
    url: server.url,
    folder: folder?.show(folder.path),
    startedBy: undefined,
    exited: server.exited,
    stop: async () => {
      if (folder) await forgetServer(folder.serverFile, note)
      await forgetServer(ofProject, note)
      await server.stop()
    },
  }
}

type Started = Awaited<ReturnType<typeof startClickHouse>>

async function start(folder: DataFolder | undefined, preferredPort: number): Promise<Started> {
  const httpPort = (await isFree(preferredPort)) ? preferredPort : 0
  const dataDir = folder?.data
  try {
    return await startClickHouse({ dataDir, httpPort }).catch((error: Error) => {
      // Somebody else has taken it meanwhile.
      if (httpPort === 0 || !error.message.startsWith(`Port ${httpPort} `)) throw error
      return startClickHouse({ dataDir })
    })
  } catch (error) {
    throw new CommandError(withOtherWay((error as Error).message))
  }
}

/** Where the package with ClickHouse is missing or cannot be had, a server of the user's own still works. */
export function withOtherWay(message: string): string {
  const isMissing = /^The package \S+ is not installed|^ClickHouse from npm/.test(message)
  return isMissing ? `${message} A server of your own works too: --endpoint URL.` : message
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
