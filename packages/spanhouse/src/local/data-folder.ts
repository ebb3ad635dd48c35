import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { CommandError } from '../terminal/command-error.js'
import { type ShowPath, showsPaths } from '../terminal/shown-path.js'

/** The folder in which `dev` keeps the data of one project. */
export interface DataFolder {
  readonly path: string
  /** What the server writes. */
  readonly data: string
  /** Which server is running. */
  readonly serverFile: string
  /** How messages name it and what is in it. */
  readonly show: ShowPath
}

const OF_PROJECT = 'node_modules/.cache/spanhouse'
const SERVER_FILE = 'server.json'
const MARK = 'made-by-spanhouse.txt'
const MARK_TEXT = `ClickHouse's data of "spanhouse dev". "spanhouse dev --fresh" removes the folder "clickhouse" beside this file.\n`

export interface Place {
  readonly cwd: string
  readonly env: NodeJS.ProcessEnv
  /** The option `--data`. */
  readonly data?: string | undefined
  readonly platform?: NodeJS.Platform
}

/** `--data`, else a folder in the project's `node_modules`, else one in the cache of the user. */
export function dataFolderFor({ cwd, env, data, platform = process.platform }: Place): DataFolder {
  const project = projectAbove(cwd)
  const path =
    data !== undefined
      ? resolve(cwd, data)
      : project !== undefined
        ? join(project, OF_PROJECT)
        : join(cacheOfUser(env, platform), 'spanhouse')
  return {
    path,
    data: join(path, 'clickhouse'),
    serverFile: join(path, SERVER_FILE),
    show: showsPaths(cwd, data),
  }
}

/** Where the server that was last started for a project is noted, wherever its data is: commands that read look here. */
export function projectNote(folder: string, { env, platform = process.platform }: Place): string {
  const name = createHash('sha256').update(folder).digest('hex').slice(0, 16)
  return join(cacheOfUser(env, platform), 'spanhouse/running', `${name}.json`)
}

/** Notes about servers of the project of this folder, and of those that contain it, the nearest first. */
export function notesFor(place: Place): string[] {
  const folders = [...foldersAbove(place.cwd)]
  return [
    ...folders.flatMap((folder) => [
      projectNote(folder, place),
      join(folder, OF_PROJECT, SERVER_FILE),
    ]),
    join(cacheOfUser(place.env, place.platform ?? process.platform), 'spanhouse', SERVER_FILE),
  ]
}

function* foldersAbove(folder: string): Generator<string> {
  yield folder
  const parent = dirname(folder)
  if (parent !== folder) yield* foldersAbove(parent)
}

/** The nearest folder with a package.json. */
export function projectAbove(folder: string): string | undefined {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  return parent === folder ? undefined : projectAbove(parent)
}

function cacheOfUser(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  const home = env['HOME'] || homedir()
  if (env['XDG_CACHE_HOME']?.startsWith('/')) return env['XDG_CACHE_HOME']
  return platform === 'darwin' ? join(home, 'Library/Caches') : join(home, '.cache')
}

/** Makes the folder, and marks it as ours unless it already holds data of somebody else's. */
export async function prepare({ path, data, show }: DataFolder): Promise<void> {
  const isOurs = existsSync(join(path, MARK))
  if (!isOurs && existsSync(data))
    throw new CommandError(
      `${show(data)} was not made by spanhouse: choose another folder with --data, or remove that one by hand.`,
    )
  try {
    await mkdir(path, { recursive: true })
    if (!isOurs) await writeFile(join(path, MARK), MARK_TEXT)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandError(
      `The data cannot be kept in ${show(path)} (${code}): choose another folder with --data, or use --in-memory.`,
    )
  }
}

/** Removes the data, if this command made it. Nothing may be using it. */
export async function removeData({ path, data, show }: DataFolder): Promise<void> {
  if (!existsSync(data)) return
  const mark = await readFile(join(path, MARK), 'utf8').catch(() => undefined)
  if (mark === undefined)
    throw new CommandError(
      `${show(data)} was not made by spanhouse, so --fresh does not remove it: remove it by hand, or choose another folder with --data.`,
    )
  await rm(data, { recursive: true, force: true, maxRetries: 3 })
}
