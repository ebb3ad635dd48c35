import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { until } from '../kit/patience.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

const here = dirname(fileURLToPath(import.meta.url))
const ENTRY = '@spanhouse/exporter-clickhouse/register'

/** Where the packages of SDK 2 and of SDK 3 are installed. */
const INSTALLED = {
  2: ['app-sdk2', 'sdk2'].map((name) => join(here, '..', name, 'node_modules')),
  3: ['app-sdk3', 'sdk3'].map((name) => join(here, '..', name, 'node_modules')),
}

/** What our command for a missing SDK installs, and an application to trace. */
export const WHOLE = ['@opentelemetry/auto-instrumentations-node', 'express']

/**
 * The folder of an application in which only these packages are installed, with our own. They are links, as pnpm makes them: nothing else
 * can be found from there.
 */
export function appWith(packages: readonly string[], sdk: 2 | 3 = 2): string {
  const folder = realpathSync(temporaryDirectory())
  installOurs(join(folder, 'node_modules/@spanhouse/exporter-clickhouse'))
  for (const name of packages) {
    const from = INSTALLED[sdk].map((installed) => join(installed, name)).find(existsSync)
    if (from === undefined) throw new Error(`${name} is not installed for SDK ${sdk}`)
    link(realpathSync(from), join(folder, 'node_modules', name))
  }
  const dependencies = Object.fromEntries(packages.map((name) => [name, '*']))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'app', dependencies }))
  cpSync(join(here, 'fixtures'), folder, { recursive: true })
  return folder
}

/** Installs a package that throws when it is loaded, and names it in the application's manifest. */
export function brokenPackage(folder: string, name: string, version = '1.0.0'): void {
  const to = join(folder, 'node_modules', name)
  mkdirSync(to, { recursive: true })
  writeFileSync(join(to, 'package.json'), JSON.stringify({ name, version }))
  writeFileSync(join(to, 'index.js'), "throw new Error('it is broken')")
  const manifest = join(folder, 'package.json')
  const { dependencies, ...rest } = JSON.parse(readFileSync(manifest, 'utf8'))
  const more = { ...rest, dependencies: { ...dependencies, [name]: version } }
  writeFileSync(manifest, JSON.stringify(more))
}

/** Our own package with what it depends on. Beside the one of the workspace there is more, which it would find. */
function installOurs(to: string): void {
  const own = join(here, '../../packages/exporter-clickhouse')
  for (const part of ['package.json', 'dist'])
    cpSync(join(own, part), join(to, part), { recursive: true })
  for (const name of ['@spanhouse/transform', '@opentelemetry/api'])
    link(realpathSync(join(own, 'node_modules', name)), join(to, 'node_modules', name))
}

function link(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to)
}

export type Flag = '--import' | '--require'

/** Node's options that load the register. */
export function registeredBy(...flags: Flag[]): string[] {
  return flags.flatMap((flag) => [flag, ENTRY])
}

export interface Run {
  readonly folder: string
  /** Node's options, the script and its arguments. */
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
}

/** Starts Node in the application's folder. `env` has all of OpenTelemetry's variables but one: the batch processor waits for a flush. */
export function run({ folder, args, env = {} }: Run) {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: { PATH: process.env['PATH'], OTEL_BSP_SCHEDULE_DELAY: '60000', ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  return {
    ended,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    closeInput: () => child.stdin.end(),
    tell: (text: string) => child.stdin.write(text),
    said: (text: string) => until(() => output.includes(text)),
    get output() {
      return output
    },
    /** Our lines on stderr, without what Node puts before them. */
    get warnings() {
      return output.split('\n').flatMap((line) => line.split('SpanhouseWarning: ').slice(1))
    },
  }
}
