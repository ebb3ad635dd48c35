// The machine, and the versions of Node.js on it.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { promisify } from 'node:util'

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    load: machineLoad(),
  }
}

/** The average number of processes that ran or wanted to, in the last minute. */
export function machineLoad() {
  return Number(loadavg()[0].toFixed(2))
}

/** The Node.js to measure. `name`: a path, a version of the npm package `node` as `24` or `24.21.0`, or undefined for the running one. */
export async function findNode(name) {
  const path = name === undefined ? process.execPath : existsSync(name) ? name : await fromNpm(name)
  const version = (await output(path, ['-p', 'process.version'])).slice(1)
  return { path, version, major: Number(version.split('.')[0]) }
}

function fromNpm(version) {
  return output('npx', ['--yes', '-p', `node@${version}`, 'node', '-p', 'process.execPath'])
}

async function output(command, args) {
  const { stdout } = await promisify(execFile)(command, args)
  return stdout.trim()
}
