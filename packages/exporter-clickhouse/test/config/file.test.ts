// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references in configuration files look like that
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { ConfigError } from '../../src/common/errors.js'
import { loadOptions } from '../../src/config/load-options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { SIGNALS } from '../../src/config/signal.js'
import { MiB, only, parse } from './config-kit.js'

function fileOf(content: string | Buffer, name = 'spanhouse.json'): string {
  const file = join(temporaryDirectory(), name)
  writeFileSync(file, content)
  return file
}

/** The problems, without the name of the file before them. */
function problemsOf(file: string, env: Record<string, string> = {}): readonly string[] {
  try {
    loadOptions(file, env)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const { problems } = error as ConfigError
    for (const problem of problems) expect(problem.startsWith(file)).toBe(true)
    return problems.map((one) => one.slice(file.length))
  }
  throw new Error('taken without complaint')
}

const JSON_TEXT = `{
  "endpoint": "https://ch.example:8443",
  "batch": { "maxRows": 500, "maxBytes": "1MiB", "maxDelayMs": "2s" },
  "asyncInsert": "true",
  "ttl": "30d",
  "headers": { "x-a": "1" },
  "destinations": [{ "name": "b", "endpoint": "http://b", "timeoutMs": 7 }]
}`

const YAML_TEXT = `
endpoint: https://ch.example:8443
batch: { maxRows: 500, maxBytes: 1MiB, maxDelayMs: 2s } # a comment
asyncInsert: true
ttl: 30d
headers:
  x-a: "1"
destinations:
  - name: b
    endpoint: http://b
    timeoutMs: 7
`

const OPTIONS = {
  endpoint: 'https://ch.example:8443',
  batch: { maxRows: 500, maxBytes: MiB, maxDelayMs: 2000 },
  asyncInsert: true,
  ttl: 30 * 86_400,
  headers: { 'x-a': '1' },
  destinations: [{ name: 'b', endpoint: 'http://b', timeoutMs: 7 }],
}

describe('loadOptions()', () => {
  test.each([
    ['spanhouse.json', JSON_TEXT],
    ['spanhouse.yaml', YAML_TEXT],
    ['spanhouse.YML', YAML_TEXT],
  ])('reads %s in the shape of the options of the code', (name, text) => {
    const options = loadOptions(fileOf(text, name), {})
    expect(options).toEqual(OPTIONS)
    expect(parse(options).destinations.map((one) => one.name)).toEqual(['primary', 'b'])
  })

  test('leaves no doubt about a table beside the groups: a file is for all signals, so it is that of the spans', () => {
    const file = fileOf(`{ "table": "t", "traces": { "ttl": 5 },
      "destinations": [{ "name": "b", "endpoint": "http://b", "table": "u" }] }`)
    const options = loadOptions(file, {})
    expect(options).toEqual({
      traces: { table: 't', ttl: 5 },
      destinations: [{ name: 'b', endpoint: 'http://b', traces: { table: 'u' } }],
    })
    const tables = SIGNALS.map((signal) => {
      const { destinations } = parseConfig(signal, { ...options, endpoint: 'http://a' }, {})
      return destinations.map(({ targets }) => targets[0].table)
    })
    expect(tables).toEqual([
      ['t', 'u'],
      ['logs', 'logs'],
      ['metrics', 'metrics'],
    ])
  })

  test('a table that code adds to those of a file is not silently the weaker one', () => {
    const options = loadOptions(fileOf('{ "table": "t" }'), {})
    expect(() => parseConfig('traces', { ...options, table: 'x' }, {})).toThrow(
      'table and traces.table are two names for one table: give one',
    )
    expect(only({ ...options, table: 't' }).targets[0].table).toBe('t')
    const { destinations } = parseConfig('logs', { ...options, table: 'x' }, {})
    expect(destinations[0]?.targets[0].table).toBe('x')
  })

  test('takes a URL, as import.meta.url makes them, and a byte order mark', () => {
    expect(loadOptions(pathToFileURL(fileOf(`\uFEFF${JSON_TEXT}`)), {})).toEqual(OPTIONS)
  })

  test.each([
    ['spanhouse.json', ''],
    ['spanhouse.json', '{}'],
    ['spanhouse.yaml', ''],
    ['spanhouse.yaml', '# nothing yet\n'],
  ])('an empty %s (%j) gives no options, or says where the first one belongs', (name, text) => {
    const file = fileOf(text, name)
    if (name.endsWith('.json') && text === '')
      expect(problemsOf(file)).toEqual([':1:1 is not valid JSON: a value is expected here'])
    else expect(loadOptions(file, {})).toEqual({})
  })
})

describe('variables in a file', () => {
  const env = { HOST: 'h', ROWS: '5', EMPTY: '', LINE: 'h\r\n', QUOTED: '"}, "table": "injected' }

  test.each([
    ['${HOST}', 'h'],
    ['${env:HOST}', 'h'],
    ['a${HOST}b${ROWS}', 'ahb5'],
    ['${LINE}', 'h'], // as Kubernetes makes variables of secrets
    ['${NOWHERE:-d}', 'd'],
    ['${NOWHERE:-}x', 'x'],
    ['${EMPTY:-d}', 'd'],
    ['x${EMPTY}', 'x'],
    ['$${HOST}', '${HOST}'],
    ['$HOST', '$HOST'],
    ['${QUOTED}', '"}, "table": "injected'],
  ])('%s', (text, expected) => {
    expect(loadOptions(fileOf(JSON.stringify({ database: text })), env)).toEqual({
      database: expected,
    })
  })

  test('become numbers where numbers belong', () => {
    const text =
      'batch:\n  maxRows: ${ROWS}\n  maxBytes: ${BYTES:-2MiB}\nasyncInsert: ${YES:-true}\n'
    expect(loadOptions(fileOf(text, 'c.yaml'), env)).toEqual({
      batch: { maxRows: 5, maxBytes: 2 * MiB },
      asyncInsert: true,
    })
  })

  test.each([
    ['${NOWHERE}', 'table: the environment variable NOWHERE is not set'],
    ['${}', 'table: write a reference as ${NAME} or ${NAME:-default}'],
    ['${HOST', 'table: write a reference as ${NAME} or ${NAME:-default}'],
    ['${a b}', 'table: write a reference as ${NAME} or ${NAME:-default}'],
  ])('%s is an error that says which', (text, problem) => {
    expect(problemsOf(fileOf(JSON.stringify({ table: text })), env)[0]).toBe(`:1:2: ${problem}`)
  })

  test('a secret from a variable is in no message', () => {
    const secret = 'canary-5ecret'
    const file = fileOf(
      JSON.stringify({
        database: '${S}',
        timeoutMs: '${S}',
        compression: { codec: '${S}' },
        tls: { ca: '${S}' },
      }),
    )
    let error: unknown
    try {
      loadOptions(file, { S: secret })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(ConfigError)
    expect(inspect(error, { depth: null })).not.toContain(secret)
  })
})

describe('every problem has file, line, column, path and rule', () => {
  test.each([
    [
      'spanhouse.json',
      '{\n  "timeoutMs": 0,\n  "batch": {\n    "maxRows": "many", "maxrows": 1\n  },\n  "destinations": [\n    { "name": "b" },\n    { "name": "b", "endpoint": 5 }\n  ]\n}',
      [
        ':2:3: timeoutMs must be a number of milliseconds from 1 to 2147483647 (received 0)',
        ':4:5: batch.maxRows must be a whole number from 1 to 1000000 (received "many")',
        ':4:24: batch.maxrows is not an option: did you mean `maxRows`?',
        ':8:20: destinations.1.endpoint must be a string (received a value not shown)',
        ':6:3: destinations: the name "b" is used twice',
      ],
    ],
    [
      'spanhouse.yaml',
      'timeoutMs: 0\nbatch:\n  maxRows: many\n  maxrows: 1\n',
      [
        ':1:12: timeoutMs must be a number of milliseconds from 1 to 2147483647 (received 0)',
        ':3:12: batch.maxRows must be a whole number from 1 to 1000000 (received "many")',
        ':4:12: batch.maxrows is not an option: did you mean `maxRows`?',
      ],
    ],
  ])('%s', (name, text, expected) => {
    expect([...problemsOf(fileOf(text, name))].sort()).toEqual([...expected].sort())
  })

  test.each([
    ['x.json', '{"a" 1}', ':1:6 is not valid JSON: `:` is expected here'],
    ['x.json', '{"a": 1,}', ':1:9 is not valid JSON: a key in double quotes is expected here'],
    [
      'x.json',
      '{\n  // comment\n}',
      ':2:3 is not valid JSON: a key in double quotes is expected here',
    ],
    [
      'x.json',
      '{"table": "a\nb"}',
      ':1:11 is not valid JSON: a character of this text must be escaped',
    ],
    ['x.json', '{"table": secret}', ':1:11 is not valid JSON: a value is expected here'],
    ['x.json', '{"table": "t"} x', ':1:16 is not valid JSON: nothing more is expected here'],
    ['x.json', '{"table": "t", "table": "u"}', ':1:16 has the same key twice'],
    ['x.json', '['.repeat(50), ':1:22 is nested more than 20 levels deep'],
    ['x.json', '"secret"', ':1:1: options must be an object: { endpoint, … } (received "secret")'],
    ['x.yaml', 'table: t\ntable: u\n', ':2:1 has the same key twice'],
    ['x.yaml', 'table: [secret\n', ':2:1 is not valid YAML (bad indent)'],
    [
      'x.yaml',
      '- endpoint: x\n',
      ':1:1: options must be an object: { endpoint, … } (received an array)',
    ],
    [
      'x.yaml',
      'headers: &a { x: *a }\n',
      ':1:1 has aliases that contain themselves, or too many of them',
    ],
  ])('%s: %j', (name, text, problem) => {
    const problems = problemsOf(fileOf(text, name))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toBe(problem)
  })

  test('aliases that would grow without end are refused', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]']
    for (let n = 1; n < 12; n++)
      lines.push(
        `a${n}: &a${n} [${Array(10)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      )
    expect(problemsOf(fileOf(lines.join('\n'), 'bomb.yaml'))).toEqual([
      ':1:1 has aliases that contain themselves, or too many of them',
    ])
  })

  test('an own `__proto__` is no option, and no other object becomes one', () => {
    expect(problemsOf(fileOf('{"__proto__": {"table": "t"}}'))).toEqual([
      ':1:2: __proto__ is not an option',
    ])
    expect(problemsOf(fileOf('__proto__:\n  table: t\n', 'x.yaml'))).toEqual([
      ':2:3: __proto__ is not an option',
    ])
  })
})

describe('YAML', () => {
  test('merge keys work, also for destinations', () => {
    const text = `
destinations:
  - &a { name: a, endpoint: http://a, username: u, batch: { maxRows: 5 } }
  - { <<: *a, name: b, endpoint: http://b }`
    expect(loadOptions(fileOf(text, 'x.yaml'), {})).toEqual({
      destinations: [
        { name: 'a', endpoint: 'http://a', username: 'u', batch: { maxRows: 5 } },
        { name: 'b', endpoint: 'http://b', username: 'u', batch: { maxRows: 5 } },
      ],
    })
  })

  test('a tag that is not known is refused: what it tags would be taken as a password', () => {
    expect(
      problemsOf(fileOf('table: t\npassword: !vault clickhouse/password\n', 'x.yaml')),
    ).toEqual([':2:11 has an unknown tag (!…): to insert a value from elsewhere, write ${NAME}'])
  })

  test('a template that was not quoted is refused, and the package prints nothing of it', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    onTestFinished(() => warned.mockRestore())
    const problems = problemsOf(fileOf('password: {{ s3cret }}\n', 'x.yaml'))
    expect(problems).toHaveLength(1)
    expect(problems.join()).not.toContain('s3cret')
    expect(warned).not.toHaveBeenCalled()
  })
})

describe('files that are refused in one sentence', () => {
  test.each<[string, () => string, string]>([
    ['one that does not exist', () => '/nowhere/x.json', ' does not exist'],
    ['a directory', () => temporaryDirectory(), ' is not a file'],
    ['a device that never ends', () => '/dev/zero', ' is not a file'],
    ['one of more than 1 MiB', () => fileOf(' '.repeat(MiB + 1)), ' is larger than 1 MiB'],
    [
      'UTF-16',
      () => fileOf(Buffer.from('\uFEFF{}', 'utf16le')),
      ' is not UTF-8: save it with that encoding',
    ],
    [
      'Latin-1',
      () => fileOf(Buffer.from('{"table":"é"}', 'latin1')),
      ' is not UTF-8: save it with that encoding',
    ],
  ])('%s', (_, file, problem) => {
    expect(problemsOf(file())).toEqual([problem])
  })

  test('YAML where the package `yaml` is not installed', () => {
    const folder = join(temporaryDirectory(), 'app')
    mkdirSync(folder)
    const main = process.argv[1]
    const cwd = process.cwd()
    const file = join(folder, 'x.yaml')
    writeFileSync(file, 'table: t\n')
    try {
      process.argv[1] = join(folder, 'main.js')
      process.chdir(folder)
      expect(problemsOf(file)).toEqual([
        ':1:1 needs the package `yaml`, which is not installed: run `npm install yaml`, or write the file as JSON',
      ])
    } finally {
      process.argv[1] = main ?? ''
      process.chdir(cwd)
    }
  })
})
