import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const PACKAGES = fileURLToPath(new URL('../../packages/', import.meta.url))
const APP = fileURLToPath(new URL('../app-sdk2/node_modules/', import.meta.url))
const COMMAND = join(PACKAGES, 'spanhouse')
const EXPORTER = join(PACKAGES, 'exporter-clickhouse')
const FILE = 'node_modules/spanhouse/dist/cli.js'

let folder: string | undefined

/**
 * The command's file, installed as `npx` does it: with its packages in a folder of its own, far from the application. What `npm run build`
 * has made is copied, because the links of the workspace would lead back to it. Once for all tests of a file.
 */
export function installedCommand(): string {
  if (folder !== undefined) return join(folder, FILE)
  // A space in the path must not matter.
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'spanhouse npx-')))
  const modules = join(folder, 'node_modules')
  copy(COMMAND, join(modules, 'spanhouse'))
  copy(EXPORTER, join(modules, '@spanhouse/exporter-clickhouse'))
  for (const name of [
    '@clickhouse/client',
    '@opentelemetry/api',
    '@opentelemetry/auto-instrumentations-node',
    '@spanhouse/local-clickhouse',
    '@spanhouse/transform',
  ])
    link(join(COMMAND, 'node_modules', name), join(modules, name))
  return join(folder, FILE)
}

/** After each test file: files share this module, and their processes end without a chance to remove anything. */
export function removeInstalledCommand(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  folder = undefined
}

/** The folder of an application, with these packages and no others. */
export function installInto(folder: string, packages: readonly string[]): void {
  for (const name of packages) link(join(APP, name), join(folder, 'node_modules', name))
}

function copy(from: string, to: string): void {
  for (const part of ['package.json', 'dist'])
    cpSync(join(from, part), join(to, part), { recursive: true })
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(realpathSync(from), to)
}
