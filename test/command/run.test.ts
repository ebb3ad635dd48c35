import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  childEnvironment,
  warningAbout,
} from '../../packages/spanhouse/src/application/environment.js'
import { LONG } from '../kit/patience.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { installedCommand } from './installed.js'
import { project, spanhouse } from './processes.js'

const SHOW = 'console.log(JSON.stringify({ env: process.env, args: process.argv.slice(2) }))'

/** No ClickHouse is there, and metrics of the runtime that are lost are said. */
const NO_METRICS = { OTEL_METRICS_EXPORTER: 'none' }

/** For what does not depend on it: starting the SDK costs more than all the rest. */
const NO_SDK = { OTEL_SDK_DISABLED: 'true' }

test('on a Node.js that cannot read what the command loads, one line says so', async () => {
  const old =
    "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })"
  const env = { NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(old)}"` }
  const running = spanhouse(['run', '--', 'node', 'app.cjs'], { cwd: project(), env })
  expect(await running.ended).toEqual([2, null])
  expect(running.err).toBe(
    'spanhouse: Node.js 18.20.8 is too old: use 20.19 or later, 22.12 or later, or a newer version.\n',
  )
})

describe('spanhouse run', () => {
  test('gives the application its environment, and passes arguments on as they are', async () => {
    const cwd = project({ 'app.cjs': SHOW })
    const args = ['a b', '--port', '3', '$HOME', '*', '"']
    const running = spanhouse(['run', '--', 'node', 'app.cjs', ...args], { cwd })
    expect(await running.ended).toEqual([0, null])
    const shown = JSON.parse(running.out)
    expect(shown.args).toEqual(args)
    expect(shown.env).toMatchObject({
      OTEL_TRACES_EXPORTER: 'clickhouse',
      OTEL_LOGS_EXPORTER: 'clickhouse',
      OTEL_METRICS_EXPORTER: 'clickhouse',
      OTEL_SERVICE_NAME: 'shop',
    })
    expect(running.err).not.toMatch(/spanhouse:/)
  })

  test('works without --, whose place is the first word that is no option', async () => {
    const cwd = project({ 'app.cjs': SHOW })
    const line = ['run', '--endpoint', 'localhost:1', 'node', 'app.cjs', '--help']
    const running = spanhouse(line, { cwd, env: NO_SDK })
    await running.ended
    const shown = JSON.parse(running.out)
    expect(shown.args).toEqual(['--help'])
    expect(shown.env.OTEL_EXPORTER_CLICKHOUSE_ENDPOINT).toBe('http://localhost:1')
  })

  const ENDS: [string, number][] = [
    ["process.kill(process.pid, 'SIGKILL')", 137],
    ["throw new Error('x')", 1],
  ]
  test.each(LONG ? [...ENDS, ['process.exit(42)', 42] as [string, number]] : ENDS)(
    'ends as the application does: %s',
    async (code, expected) => {
      const running = spanhouse(['run', '--', 'node', '-e', code], { cwd: project() })
      expect(await running.ended).toEqual([expected, null])
    },
  )

  test.each([
    ['no-such-command-xyz', /^spanhouse: There is no command no-such-command-xyz/, 127],
    ['app.cjs', /^spanhouse: app\.cjs is no command: write node app\.cjs\.\n$/, 127],
    ['package.json', /^spanhouse: There is no command package\.json/, 127],
    ['./package.json', /^spanhouse: \.\/package\.json cannot be started \(EACCES\)/, 126],
  ])('says in one sentence that %s cannot be started', async (command, sentence, code) => {
    const running = spanhouse(['run', '--', command], { cwd: project({ 'app.cjs': SHOW }) })
    expect(await running.ended).toEqual([code, null])
    expect(running.err).toMatch(sentence)
    expect(running.err.split('\n')).toHaveLength(2)
  })

  // With OTEL_LOG_LEVEL=debug, the register says in each process that it has started.
  const STARTED = /has started/g

  test('starts scripts of package.json, and registers the application, not npm, which starts it', async () => {
    const scripts = { one: 'npm run --silent two', two: 'node app.cjs' }
    const cwd = project({
      'package.json': JSON.stringify({ name: 'scripted', scripts }),
      'app.cjs': 'console.log(process.env.OTEL_SERVICE_NAME)',
    })
    const running = spanhouse(['run', '--', 'npm', 'run', '--silent', 'one'], {
      cwd,
      env: { OTEL_LOG_LEVEL: 'debug' },
    })
    expect(await running.ended).toEqual([0, null])
    expect((running.out + running.err).match(STARTED)).toHaveLength(1)
    expect(running.out).toMatch(/^scripted$/m)
  })

  test('is loaded once if the script loads it itself', async () => {
    const name = '@spanhouse/exporter-clickhouse'
    const scripts = { start: `node --import ${name}/register app.mjs` }
    const cwd = project({ 'package.json': JSON.stringify({ scripts }), 'app.mjs': '' })
    const folder = join(cwd, 'node_modules/@spanhouse')
    mkdirSync(folder, { recursive: true })
    symlinkSync(join(installedCommand(), '../../../', name), join(folder, 'exporter-clickhouse'))
    const running = spanhouse(['run', '--', 'npm', '--silent', 'start'], {
      cwd,
      env: { OTEL_LOG_LEVEL: 'debug' },
    })
    expect(await running.ended).toEqual([0, null])
    expect((running.out + running.err).match(STARTED)).toHaveLength(1)
    expect(running.err).not.toContain('twice')
  })

  test.each([
    ['node -r ./hook.cjs app.ts', 'as with ts-node/register'],
    ['node runner.cjs app.ts', 'as ts-node does'],
  ])('lets a hook for require() load TypeScript: %s', async (start) => {
    const hook = `
      require.extensions['.ts'] = (module, file) =>
        module._compile(require('fs').readFileSync(file, 'utf8').replace(': string', ''), file)`
    const cwd = project({
      'package.json': JSON.stringify({ scripts: { start } }),
      'hook.cjs': hook,
      'runner.cjs': `${hook}\nprocess.argv.splice(1, 2, require('path').resolve(process.argv[2])); require('module').runMain()`,
      'app.ts': "const greeting: string = 'hello'; console.log(greeting)",
    })
    // npm stands between in the long run only: that it changes nothing is shown above.
    const line = LONG ? ['npm', '--silent', 'start'] : start.split(' ')
    const running = spanhouse(['run', '--', ...line], { cwd })
    expect(await running.ended).toEqual([0, null])
    expect(running.out).toBe('hello\n')
  })

  test('reads from our input', async () => {
    const cwd = project()
    const running = spanhouse(['run', '--', 'cat'], { cwd })
    running.child.stdin?.end('what was typed')
    expect(await running.ended).toEqual([0, null])
    expect(running.out).toBe('what was typed')
  })

  test('passes SIGTERM on', async () => {
    const app =
      "process.on('SIGTERM', () => process.exit(9)); console.log('ready'); setInterval(() => {}, 1000)"
    const running = spanhouse(['run', '--', 'node', '-e', app], { cwd: project(), env: NO_SDK })
    await running.said('ready')
    running.child.kill('SIGTERM')
    expect(await running.ended).toEqual([9, null])
  })

  test('is loaded by what the application starts, and once only', async () => {
    const app = `
      const { fork } = require('node:child_process')
      if (process.send) { process.send(1); process.disconnect() }
      else fork(__filename).on('exit', (code) => process.exit(code))`
    const running = spanhouse(['run', '--', 'node', 'app.cjs'], {
      cwd: project({ 'app.cjs': app }),
      env: NO_METRICS,
    })
    expect(await running.ended).toEqual([0, null])
    expect(running.err).toBe('')
  })

  test.runIf(LONG)('is not loaded twice if the command loads it itself', async () => {
    const register = join(
      installedCommand(),
      '../../../@spanhouse/exporter-clickhouse/dist/esm/register.js',
    )
    expect(readFileSync(register, 'utf8')).not.toBe('')
    const running = spanhouse(['run', '--', 'node', '--import', register, '-e', '1'], {
      cwd: project(),
      env: NO_METRICS,
    })
    expect(await running.ended).toEqual([0, null])
    expect(running.err).toBe('')
  })
})

describe('The environment of the application', () => {
  const environment = (env: NodeJS.ProcessEnv, more = {}) =>
    childEnvironment({ env, cwd: project(), command: ['node', 'app.js'], ...more })

  test('keeps what the user has set', () => {
    const set = {
      OTEL_TRACES_EXPORTER: 'clickhouse,console',
      OTEL_SERVICE_NAME: 'mine',
      OTEL_EXPORTER_CLICKHOUSE_BATCH_MAX_DELAY: '5000',
    }
    expect(environment(set, { isQuick: true })).toMatchObject(set)
  })

  test.each(['OTEL_TRACES_EXPORTER', 'OTEL_LOGS_EXPORTER', 'OTEL_METRICS_EXPORTER'])(
    'sends every signal to ClickHouse, but for what the user has decided: %s',
    (name) => {
      const all = {
        OTEL_TRACES_EXPORTER: 'clickhouse',
        OTEL_LOGS_EXPORTER: 'clickhouse',
        OTEL_METRICS_EXPORTER: 'clickhouse',
      }
      expect(environment({ [name]: 'none' })).toMatchObject({ ...all, [name]: 'none' })
      // An empty variable counts as unset.
      for (const empty of ['', ' ']) expect(environment({ [name]: empty })).toMatchObject(all)
    },
  )

  test('keeps options of Node, and loads the register after them', () => {
    const { NODE_OPTIONS } = environment({ NODE_OPTIONS: '--require dotenv/config' })
    expect(NODE_OPTIONS).toMatch(/^--require dotenv\/config --require=\S+preload\.cjs$/)
  })

  test('leaves a name in OTEL_RESOURCE_ATTRIBUTES alone', () => {
    const env = environment({ OTEL_RESOURCE_ATTRIBUTES: 'a=b, service.name=mine' })
    expect(env['OTEL_SERVICE_NAME']).toBeUndefined()
  })

  test('has no name if there is no package.json', () => {
    const env = childEnvironment({ env: {}, cwd: temporaryDirectory(), command: ['node'] })
    expect(env['OTEL_SERVICE_NAME']).toBeUndefined()
  })

  test('has no credentials for our own server', () => {
    const given = { OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'a', OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'b' }
    const env = environment(given, { endpoint: 'http://127.0.0.1:1', isLocal: true })
    expect(env['OTEL_EXPORTER_CLICKHOUSE_USERNAME']).toBe('')
    expect(env['OTEL_EXPORTER_CLICKHOUSE_PASSWORD']).toBe('')
  })

  test.each([
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, /does not name clickhouse/],
    [{ OTEL_SDK_DISABLED: 'true' }, /OTEL_SDK_DISABLED/],
  ])('is warned about if it keeps traces away: %j', (env, sentence) => {
    expect(warningAbout(env)).toMatch(sentence)
    expect(warningAbout({ OTEL_TRACES_EXPORTER: 'console, ClickHouse' })).toBeUndefined()
  })
})
