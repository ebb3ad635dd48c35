import { closeSync, openSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import { launcher } from '../launcher.cjs'

export interface Platform {
  os: string
  arch: string
  musl: boolean
}

const packages: Record<string, string> = {
  'darwin arm64': '@chdb/lib-darwin-arm64',
  'darwin x64': '@chdb/lib-darwin-x64',
  'linux arm64': '@chdb/lib-linux-arm64-gnu',
  'linux x64': '@chdb/lib-linux-x64-gnu',
}

export function findLibrary(platform: Platform, resolve: (id: string) => string): string {
  const { os, arch, musl } = platform
  const name = musl ? undefined : packages[`${os} ${arch}`]
  if (name === undefined)
    throw new Error(
      `ClickHouse from npm runs on Linux with glibc and on macOS (x64 and arm64), not on ${os} ${arch}${musl ? ' with musl' : ''}: use ClickHouse in Docker${os === 'win32' ? ' or WSL' : ''} instead.`,
    )
  try {
    return resolve(`${name}/libchdb.so`)
  } catch {
    throw new Error(
      `The package ${name} is not installed: install again with optional dependencies (npm install --include=optional).`,
    )
  }
}

export const resolveInstalled: (id: string) => string = createRequire(launcher).resolve

export function currentPlatform(): Platform {
  const { platform, arch, execPath } = process
  return { os: platform, arch, musl: platform === 'linux' && isMuslProgram(execPath) }
}

// The head of a program names its loader. process.report would tell too, but it waits for every
// worker thread of this program, and one that is blocked never answers.
function isMuslProgram(file: string): boolean {
  const head = Buffer.alloc(2048)
  const fd = openSync(file, 'r')
  readSync(fd, head, 0, head.length, 0)
  closeSync(fd)
  return head.includes('/ld-musl-')
}
