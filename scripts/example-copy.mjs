import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// Packed from this repository and installed in place of the published packages.
const OURS = ['exporter-clickhouse', 'transform']

/**
 * A copy of an example outside the workspace, installed by npm and built, with the packages of this repository. It is removed when this
 * process ends.
 */
export async function installedCopy(folder) {
  const home = mkdtempSync(join(tmpdir(), 'spanhouse-example-'))
  process.on('exit', () => rmSync(home, { recursive: true, force: true, maxRetries: 3 }))
  const [app, packed] = [join(home, 'app'), join(home, 'packed')]
  const filter = (path) => !/[/\\](node_modules|\.next)$/.test(path)
  cpSync(folder, app, { recursive: true, filter })
  console.log(`Installing ${folder} in a folder of its own …`)
  await run(process.execPath, ['scripts/task.mjs', 'pack', packed])
  const tarballs = OURS.map((name) => join(resolve(packed), `spanhouse-${name}.tgz`))
  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  await run('npm', ['install', ...quiet, ...tarballs], app)
  const { scripts } = JSON.parse(readFileSync(join(app, 'package.json'), 'utf8'))
  if (scripts.build) await run('npm', ['run', 'build', '--silent'], app)
  return app
}

/** Its output is shown only if it fails. */
async function run(command, args, cwd = '.') {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' }
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  const [code] = await once(child, 'close')
  if (code === 0) return
  process.stderr.write(output)
  process.exit(1)
}
