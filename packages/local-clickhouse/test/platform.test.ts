import { expect, test } from 'vitest'
import { currentPlatform, findLibrary, resolveInstalled } from '../src/platform.js'

const linux = { os: 'linux', arch: 'x64', musl: false }

test.each([
  [linux, '@chdb/lib-linux-x64-gnu'],
  [{ ...linux, arch: 'arm64' }, '@chdb/lib-linux-arm64-gnu'],
  [{ ...linux, os: 'darwin' }, '@chdb/lib-darwin-x64'],
  [{ ...linux, os: 'darwin', arch: 'arm64' }, '@chdb/lib-darwin-arm64'],
])('on %j it is %s', (platform, name) => {
  expect(findLibrary(platform, (id) => id)).toBe(`${name}/libchdb.so`)
})

test.each([
  [{ ...linux, os: 'win32' }, 'not on win32 x64: use ClickHouse in Docker or WSL instead.'],
  [{ ...linux, musl: true }, 'not on linux x64 with musl: use ClickHouse in Docker instead.'],
  [{ ...linux, arch: 's390x' }, 'not on linux s390x: use ClickHouse in Docker instead.'],
])('there is none for %j', (platform, message) => {
  expect(() => findLibrary(platform, (id) => id)).toThrow(message)
})

test('a package that was not installed is named', () => {
  const resolve = () => {
    throw new Error('MODULE_NOT_FOUND')
  }
  expect(() => findLibrary(linux, resolve)).toThrow(
    'The package @chdb/lib-linux-x64-gnu is not installed: install again with optional dependencies (npm install --include=optional).',
  )
})

test('the one for this machine is installed', () => {
  expect(findLibrary(currentPlatform(), resolveInstalled)).toMatch(/\/libchdb\.so$/)
})
