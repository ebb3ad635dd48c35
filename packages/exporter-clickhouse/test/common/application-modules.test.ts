import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { applicationModule, load, manifestAbove } from '../../src/common/application-modules.js'
import { keepRegister } from '../../src/common/kept-register.js'

const SCOPE = '@opentelemetry'

/** Installs a package of the scope in the folder, and returns the folder of the package. */
function install(folder: string, name: string, version = '1.2.3'): string {
  const home = join(folder, 'node_modules', SCOPE, name)
  mkdirSync(join(home, 'build'), { recursive: true })
  writeFileSync(
    join(home, 'package.json'),
    JSON.stringify({
      name: `${SCOPE}/${name}`,
      version,
      main: 'build/index.js',
      exports: './build/index.js',
    }),
  )
  writeFileSync(join(home, 'build/index.js'), `exports.name = '${name} ${version}'`)
  return home
}

/** Runs in an application whose main script is `script`, in this working directory. */
function runsAs(script: string | undefined, directory: string): void {
  const before = process.argv[1]
  process.argv[1] = script as string
  vi.spyOn(process, 'cwd').mockReturnValue(directory)
  onTestFinished(() => {
    process.argv[1] = before as string
    vi.restoreAllMocks()
  })
}

const loaded = (name: string) => {
  const file = applicationModule(`${SCOPE}/${name}`)
  return file === undefined ? undefined : load(file)['name']
}

test('a package is found from the main script, also if that was started by a link', () => {
  const [app, elsewhere] = [temporaryDirectory(), temporaryDirectory()]
  install(app, 'sdk-trace')
  writeFileSync(join(app, 'main.js'), '')
  symlinkSync(join(app, 'main.js'), join(elsewhere, 'command'))
  runsAs(join(elsewhere, 'command'), elsewhere)
  expect(loaded('sdk-trace')).toBe('sdk-trace 1.2.3')
})

test('a package is found from the working directory, if the host has a main script of its own or none', () => {
  const [app, host] = [temporaryDirectory(), temporaryDirectory()]
  install(app, 'sdk-trace')
  writeFileSync(join(host, 'runtime.js'), '')
  runsAs(join(host, 'runtime.js'), app)
  expect(loaded('sdk-trace')).toBe('sdk-trace 1.2.3')
  runsAs(undefined, app)
  expect(loaded('sdk-trace')).toBe('sdk-trace 1.2.3')
})

test('a package is found through sdk-node and the auto-instrumentations, which depend on it', () => {
  const app = temporaryDirectory()
  const node = install(install(app, 'auto-instrumentations-node'), 'sdk-node')
  install(node, 'sdk-trace', '4.5.6')
  runsAs(undefined, app)
  expect(loaded('sdk-trace')).toBe('sdk-trace 4.5.6')
  expect(loaded('sdk-logs')).toBeUndefined()
})

test('the version of a package that does not show its package.json is known', () => {
  const app = realpathSync(temporaryDirectory())
  const home = install(app, 'sdk-trace', '3.1.1')
  expect(manifestAbove(join(home, 'build/index.js'), `${SCOPE}/sdk-trace`)?.version).toBe('3.1.1')
  expect(manifestAbove(join(home, 'build/index.js'), `${SCOPE}/other`)).toBeUndefined()
})

test('or beside a register that was loaded by its path, where a host brings all packages', () => {
  const [host, app] = [temporaryDirectory(), temporaryDirectory()]
  install(host, 'sdk-trace')
  runsAs(join(app, 'main.js'), app)
  expect(loaded('sdk-trace')).toBeUndefined()
  onTestFinished(() => keepRegister(undefined))
  keepRegister(join(host, 'node_modules/@spanhouse/exporter-clickhouse/dist/esm/register.js'))
  expect(loaded('sdk-trace')).toBe('sdk-trace 1.2.3')
})
