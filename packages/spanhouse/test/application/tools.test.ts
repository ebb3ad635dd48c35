import { describe, expect, test } from 'vitest'
import { loadsRegister } from '../../src/application/loads-register.js'
import { isTool } from '../../src/application/tools.js'

describe('A program that only starts the application is', () => {
  test.each([
    '/usr/bin/npm',
    '/usr/bin/npx',
    '/usr/lib/node_modules/npm/bin/npm-cli.js',
    '/usr/share/nodejs/npm/bin/npx-cli.js',
    '/home/x/.nvm/versions/node/v22.12.0/bin/yarn',
    '/home/x/app/.yarn/releases/yarn-4.5.0.cjs',
    '/home/x/.cache/node/corepack/v1/pnpm/9.1.0/bin/pnpm.cjs',
    '/usr/lib/node_modules/corepack/dist/pnpm.js',
    '/app/node_modules/.bin/nodemon',
    '/app/node_modules/.pnpm/nodemon@3.1.0/node_modules/nodemon/bin/nodemon.js',
    '/app/node_modules/tsx/dist/cli.mjs',
    '/app/node_modules/ts-node-dev/lib/bin.js',
    '/app/node_modules/concurrently/dist/bin/concurrently.js',
    '/app/node_modules/turbo/bin/turbo',
    '/app/node_modules/@nestjs/cli/bin/nest.js',
    'C:\\app\\node_modules\\nodemon\\bin\\nodemon.js',
    'C:\\Program Files\\nodejs\\node_modules\\npm\\bin\\npm-cli.js',
  ])('%s', (script) => expect(isTool(script)).toBe(true))
})

describe('What may be the application is', () => {
  test.each([
    undefined,
    '-',
    '/app/app.js',
    '/app/npm.js',
    '/app/bin/yarn.js',
    '/app/bin/www',
    '/app/turbo',
    '/app/src/tsx/index.js',
    '/app/node_modules/ts-node/dist/bin.js',
    '/app/node_modules/.bin/ts-node',
    '/app/node_modules/ts-node-dev/lib/wrap.js',
    '/app/node_modules/next/dist/bin/next',
    '/app/node_modules/vitest/dist/workers/forks.js',
    '/app/node_modules/nx/bin/run-executor.js',
    '/app/node_modules/toString/x.js',
    '/home/x/yarn/4/app.js',
  ])('%s', (script) => expect(isTool(script)).toBe(false))
})

test.each([
  ['--import=@spanhouse/exporter-clickhouse/register', true],
  ['--require=/a/node_modules/@spanhouse/exporter-clickhouse/dist/cjs/register.js', true],
  ['--import=file:///a%20b/node_modules/spanhouse/dist/preload.js', true],
  ['--import=./register.js', false],
  [undefined, false],
])('%s loads the register: %s', (text, expected) => expect(loadsRegister(text)).toBe(expected))
