import { stripVTControlCharacters } from 'node:util'
import { type ClickHouseServer, startClickHouse } from '@spanhouse/local-clickhouse'
import { flatTraces } from '@spanhouse/transform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { main } from '../../packages/spanhouse/src/commands/main.js'
import type { Check, Found } from '../../packages/spanhouse/src/doctor/check.js'
import { surroundingsOf } from '../../packages/spanhouse/src/doctor/facts.js'
import { runChecks } from '../../packages/spanhouse/src/doctor/run-checks.js'
import { displayWidth } from '../../packages/spanhouse/src/terminal/display-width.js'
import { memoryOutput } from '../kit/memory-output.js'
import { runDoctor } from '../kit/run-doctor.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

let server: ClickHouseServer
beforeAll(async () => {
  server = await startClickHouse({
    users: [{ name: 'writer', password: 'hidden-word', grants: ['INSERT ON telemetry.*'] }],
  })
  for (const statement of flatTraces.ddl({})) await server.query(statement)
  await server.query('ALTER TABLE telemetry.traces DROP COLUMN scope_version')
})
afterAll(() => server?.stop())

function troubled(): Record<string, string> {
  return {
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
    OTEL_EXPORTER_CLICKHOUSE_USERNAME: 'writer',
    OTEL_EXPORTER_CLICKHOUSE_PASSWORD: 'hidden-word',
    OTEL_EXPORTER_CLICKHOUSE_TIMEOUT: 'soon',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_TRACES_SAMPLER: 'always_off',
  }
}

/** What differs from run to run, and never at the end of a line. */
function steady(text: string): string {
  return text
    .replaceAll(String(server.httpPort), '12345')
    .replace(/\b\d+ ms\b/g, '1 ms')
    .replace(/less than \d+ seconds/, 'less than 2 seconds')
    .replace(/\b\d+\.\d+\.\d+(?:\.\d+)?$/gm, '1.2.3')
    .replace(/(ClickHouse) \d+\.\d+\.\d+\.\d+/, '$1 1.2.3.4')
}

describe('the report as text', () => {
  test.each([80, 140])('at %i columns', async (width) => {
    const { out, code } = await runDoctor(['--fix'], { env: troubled(), output: { width } })
    expect(code).toBe(2)
    await expect(steady(out)).toMatchFileSnapshot(`golden/doctor-${width}.txt`)
  })

  test('fits the width, but for what is to be copied', async () => {
    for (const width of [60, 80, 140]) {
      const { out } = await runDoctor([], { env: troubled(), output: { width } })
      for (const line of out.split('\n'))
        if (line.trim().includes(' '))
          expect(displayWidth(line), line).toBeLessThanOrEqual(Math.max(width, 27 + 45))
    }
  })

  test('has colours only where they are wanted, and the same words with them', async () => {
    const plain = await runDoctor([], { env: troubled() })
    const coloured = await runDoctor([], {
      env: troubled(),
      output: { isTerminal: true, hasColours: true },
    })
    expect(plain.out).not.toContain('\u001b')
    expect(coloured.out).toContain('\u001b[31mproblem\u001b[39m')
    expect(steady(stripVTControlCharacters(coloured.out))).toBe(steady(plain.out))
  })

  test('never shows the password', async () => {
    const text = await runDoctor(['--verbose', '--fix'], { env: troubled() })
    const json = await runDoctor(['--verbose', '--fix', '--json'], { env: troubled() })
    expect(text.out + text.err + json.out + json.err).not.toContain('hidden-word')
  })

  test('without --fix prints no command', async () => {
    const { out } = await runDoctor([], { env: troubled() })
    expect(out).not.toContain('ALTER TABLE')
  })
})

describe('the report as JSON', () => {
  test('has the form that its docstring promises', async () => {
    const { json, out, code } = await runDoctor(['--json'], { env: troubled() })
    expect(Object.keys(json)).toEqual(['format', 'exitCode', 'counts', 'findings', 'mended'])
    expect(json).toMatchObject({ format: 1, exitCode: code, mended: null })
    expect(Object.keys(json.counts)).toEqual(['ok', 'warning', 'problem', 'skipped'])
    for (const finding of json.findings) {
      expect(Object.keys(finding)).toEqual([
        'check',
        'destination',
        'host',
        'level',
        'text',
        'fix',
        'commands',
      ])
      for (const command of finding.commands)
        expect(Object.keys(command)).toEqual(['kind', 'text', 'isSafe'])
    }
    expect(out.endsWith('}\n')).toBe(true)
  })

  test('has the same checks in the same order each time', async () => {
    const { json } = await runDoctor(['--json'], { env: troubled() })
    expect([...new Set(json.findings.map(({ check }) => check))]).toEqual([
      'node',
      'configuration',
      'traces-exporter',
      'sdk-disabled',
      'sampler',
      'node-options',
      'application',
      'sdk',
      'api',
      'instrumentations',
      'dns',
      'tcp',
      'proxies',
      'tls',
      'http',
      'credentials',
      'version',
      'clock',
      'rights',
      'table',
      'engine',
      'columns',
      'deduplication',
      'views',
      'ttl',
      'profile',
      'quotas',
      'parts',
      'mutations',
      'replication',
      'disks',
      'insert-errors',
      'spool-folder',
      'dead-letters',
      'test-span',
    ])
  })
})

describe('--fix', () => {
  test('runs nothing without --yes, and never a GRANT', async () => {
    const printed = await runDoctor(['--fix'], { env: troubled() })
    expect(printed.out).toContain(
      'ADD COLUMN IF NOT EXISTS `scope_version` LowCardinality(String) CODEC(ZSTD(1))',
    )
    expect(printed.out).toMatch(
      /administrator[\s\S]*GRANT SELECT ON `telemetry`\.`traces` TO `writer`;/,
    )
    const { json } = await runDoctor(['--fix', '--yes', '--json'], { env: troubled() })
    expect(json.mended?.find(({ text }) => text.startsWith('ALTER'))).toMatchObject({
      result: 'failed',
      error: expect.stringContaining('privileges'),
    })
    for (const { text, result } of json.mended ?? [])
      if (text.startsWith('GRANT')) expect(result).toBe('left')
  })

  test('says so when no command can mend anything', async () => {
    const { out } = await runDoctor(['--fix', '--endpoint', 'http://clickhouse.invalid'], {})
    expect(out).toContain('Nothing that a command could mend.')
  })

  test('mends, and the exit code is that after it', async () => {
    await server.query('CREATE DATABASE mended')
    const env = {
      OTEL_TRACES_EXPORTER: 'clickhouse',
      OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
      OTEL_EXPORTER_CLICKHOUSE_DATABASE: 'mended',
    }
    expect((await runDoctor(['--json'], { env })).code).toBe(1)
    const { out, code } = await runDoctor(['--fix', '--yes'], { env })
    expect(code).toBe(0)
    expect(out).toMatch(/done\nCREATE TABLE IF NOT EXISTS `mended`\.`traces`/)
    expect(out).toMatch(/no problem, no warning/)
  })
})

describe('the command line', () => {
  test.each([
    [['--yes'], '--yes belongs to --fix'],
    [['--jsno'], 'no option --jsno'],
    [['--endpoint', 'ftp://x'], '--endpoint'],
    [['extra'], 'doctor'],
  ])('%j is refused with one sentence', async (args, text) => {
    const { code, err, out } = await runDoctor(args)
    expect(code).not.toBe(0)
    expect(err).toContain(text)
    expect(err.trim().split('\n')).toHaveLength(1)
    expect(out).toBe('')
  })

  test('--help has examples', async () => {
    const out = memoryOutput()
    const around = { env: {}, cwd: '/', out, err: out, signal: new AbortController().signal }
    expect(await main(['doctor', '--help'], around)).toBe(0)
    expect(out.text()).toContain('spanhouse doctor --fix --yes')
  })

  test('without any configuration the server on this machine is looked at', () => {
    const wishes = { endpoint: undefined, endpointFrom: '', testSpan: true, verbose: false }
    const { destinations } = surroundingsOf({}, temporaryDirectory(), wishes)
    expect(destinations.map(({ endpoint }) => endpoint.href)).toEqual(['http://localhost:8123/'])
  })
})

describe('the runner', () => {
  const signal = new AbortController().signal
  const check = (
    id: string,
    run: Check<unknown>['run'],
    rest: Partial<Check<unknown>> = {},
  ): Check<unknown> => ({ id, title: id, run, ...rest })
  const ok: Found = { level: 'ok', text: 'fine' }
  const run = (checks: Check<unknown>[], at = signal) =>
    runChecks(checks, () => ({}), { signal: at, begin: () => () => {} })

  test('a check that throws is a problem of its own, and the others run', async () => {
    const found = await run([
      check('a', () => {
        throw new Error('oops')
      }),
      check('b', () => [ok]),
    ])
    expect(found).toMatchObject([{ level: 'problem', text: 'the check failed: oops' }, ok])
  })

  test('a check that hangs ends at its deadline', async () => {
    const found = await run([
      check('a', () => new Promise(() => {}), { deadlineMs: 20 }),
      check('b', () => [ok]),
    ])
    expect(found).toMatchObject([{ level: 'problem', text: 'no result within 0.02 s' }, ok])
  })

  test('a check is skipped after a problem, a skip or a block of what it needs, but not after a warning', async () => {
    const following = async (first: Found) =>
      (await run([check('a', () => [first]), check('b', () => [ok], { needs: ['a'] })]))[1]?.level
    expect(await following(ok)).toBe('ok')
    expect(await following({ level: 'warning', text: '' })).toBe('ok')
    expect(await following({ level: 'warning', text: '', blocks: true })).toBe('skipped')
    expect(await following({ level: 'problem', text: '' })).toBe('skipped')
    expect(await following({ level: 'skipped', text: '' })).toBe('skipped')
  })

  test('an interruption ends it, whatever hangs', async () => {
    const interrupting = new AbortController()
    const running = run([check('a', () => new Promise(() => {}))], interrupting.signal)
    interrupting.abort(new Error('interrupted'))
    await expect(running).rejects.toThrow('interrupted')
  })
})

test('nothing keeps the process alive when the report is there', async () => {
  // The test span opens the exporter, whose timers and connections must be gone.
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  await runDoctor(['--json'], { env: troubled() })
  expect(
    process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
  ).toBeLessThanOrEqual(before + 1)
})
