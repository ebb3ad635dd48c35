// The Node.js that the workers run on: this one, that of a path, or a version from the npm package `node`.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** `name`: a path, a version as `24` or `24.21.0`, or undefined for the running one. */
export async function findNode(name) {
  const path = name === undefined ? process.execPath : existsSync(name) ? name : await fromNpm(name)
  const { stdout } = await run(path, ['-p', 'process.version'])
  const version = stdout.trim().slice(1)
  return { path, version, major: Number(version.split('.')[0]) }
}

async function fromNpm(version) {
  const args = ['--yes', '-p', `node@${version}`, 'node', '-p', 'process.execPath']
  const { stdout } = await run('npx', args)
  return stdout.trim()
}
