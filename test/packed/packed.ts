import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, inject } from 'vitest'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

const isPrivate = (folder: string): boolean =>
  JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8')).private === true

/** The folders of the packages that are published, and of those among them that can be imported. */
export const packages: string[] = readdirSync(join(root, 'packages')).filter(
  (one) => !isPrivate(one),
)
export const libraries: string[] = packages.filter((one) => one !== 'spanhouse')

/** The name of the package in this folder. */
export function nameOf(folder: string): string {
  return folder === 'spanhouse' ? folder : `@spanhouse/${folder}`
}

export interface Output {
  readonly stdout: string
  readonly stderr: string
}

/** Rejects, with all that was printed, where the command fails or hangs. */
export function run(
  command: string,
  args: readonly string[],
  { cwd = root, env = process.env }: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env, timeout: 280_000 }
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${error.message}\n${stdout}`))
      else resolve({ stdout, stderr })
    })
    child.stdin?.end()
  })
}

/** Runs a tool of the workspace. */
export function tool(name: string, ...args: readonly string[]): Promise<Output> {
  return run(join(root, 'node_modules/.bin', name), args)
}

/** A folder that goes when the tests of this file have ended. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spanhouse-packed-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Puts every package into `folder`, as it would be published. */
export function putTarballs(folder: string): void {
  cpSync(inject('tarballs'), folder, { recursive: true })
}

export function tarballOf(name: string, folder: string): string {
  return join(folder, `${nameOf(name).replace(/^@(.+)\//, '$1-')}.tgz`)
}

export function installedVersion(name: string, at: string): string {
  return JSON.parse(readFileSync(join(root, at, 'node_modules', name, 'package.json'), 'utf8'))
    .version
}

/** The 180 MB of it are linked, not downloaded again. */
export function installedClickHouse(): Record<string, string> {
  const scope = join(root, 'packages/local-clickhouse/node_modules/@chdb')
  return Object.fromEntries(
    readdirSync(scope).map((name) => [`@chdb/${name}`, `file:${join(scope, name)}`]),
  )
}
