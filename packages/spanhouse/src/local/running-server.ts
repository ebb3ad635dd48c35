import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { openReader } from '../clickhouse/open-reader.js'

/** A server that some `spanhouse dev` has started. */
export interface RunningServer {
  readonly url: string
  /** Of the command that started it. */
  readonly pid: number
  /** The folder of its data, by which it is known again. */
  readonly data: string
}

/** Notes which server runs, for others that are started in this project. */
export async function noteServer(file: string, server: RunningServer): Promise<void> {
  const fresh = `${file}.${process.pid}`
  await mkdir(dirname(file), { recursive: true })
  await writeFile(fresh, `${JSON.stringify(server)}\n`)
  await rename(fresh, file) // never read half-written
}

/** Removes the note, if it is about this server. */
export async function forgetServer(file: string, { pid }: RunningServer): Promise<void> {
  const noted = await noteIn(file)
  if (noted?.pid === pid) await rm(file, { force: true })
}

/** The running server that is noted there, if the note is true: after a crash another server may have its port. */
export async function findRunning(file: string): Promise<RunningServer | undefined> {
  const noted = await noteIn(file)
  return noted && (await isTrue(noted)) ? noted : undefined
}

async function noteIn(file: string): Promise<RunningServer | undefined> {
  try {
    const { url, pid, data } = JSON.parse(await readFile(file, 'utf8')) as Partial<RunningServer>
    const isOurs = typeof url === 'string' && /^http:\/\/127\.0\.0\.1:\d{1,5}$/.test(url)
    if (!isOurs || !Number.isInteger(pid) || typeof data !== 'string') return undefined
    return { url, pid: Number(pid), data }
  } catch {
    return undefined
  }
}

async function isTrue({ data, url }: RunningServer): Promise<boolean> {
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
