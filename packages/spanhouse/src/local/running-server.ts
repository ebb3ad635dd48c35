import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { openReader } from '../clickhouse/open-reader.js'
import type { DataFolder } from './data-folder.js'

/** A server that some `spanhouse dev` of this project has started. */
export interface RunningServer {
  readonly url: string
  /** Of the command that started it. */
  readonly pid: number
}

/** Notes which server runs, for others that are started in this project. */
export async function noteServer({ serverFile }: DataFolder, server: RunningServer): Promise<void> {
  const fresh = `${serverFile}.${process.pid}`
  await writeFile(fresh, `${JSON.stringify(server)}\n`)
  await rename(fresh, serverFile) // never read half-written
}

/** Removes the note, if it is about this server. */
export async function forgetServer({ serverFile }: DataFolder, { pid }: RunningServer) {
  const noted = await noteIn(serverFile)
  if (noted?.pid === pid) await rm(serverFile, { force: true })
}

/** The running server of this folder, if the note is true: after a crash another server may have its port. */
export async function findRunning(folder: DataFolder): Promise<RunningServer | undefined> {
  const noted = await noteIn(folder.serverFile)
  return noted && (await isServerOf(folder, noted.url)) ? noted : undefined
}

async function noteIn(file: string): Promise<RunningServer | undefined> {
  try {
    const { url, pid } = JSON.parse(await readFile(file, 'utf8')) as Partial<RunningServer>
    const isOurs = typeof url === 'string' && /^http:\/\/127\.0\.0\.1:\d{1,5}$/.test(url)
    return isOurs && Number.isInteger(pid) ? { url, pid: Number(pid) } : undefined
  } catch {
    return undefined
  }
}

async function isServerOf({ data }: DataFolder, url: string): Promise<boolean> {
  const reader = openReader({ url, username: 'default', password: '', headers: {}, tls: {} })
  try {
    const { rows } = await reader.ask<{ path: string }>({
      name: 'data-folder',
      sql: "SELECT path FROM system.disks WHERE name = 'default'",
      parameters: {},
    })
    return rows[0]?.path.replace(/\/+$/, '') === data
  } catch {
    return false
  } finally {
    await reader.close()
  }
}
