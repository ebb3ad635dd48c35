import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { describe, expect, test } from 'vitest'
import type { ConfigError } from '../../src/common/errors.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'

function problemsOf(options: unknown): readonly string[] {
  try {
    parseConfig('traces', options as Options, {})
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

/** Mistakes that people make, each with what it must be answered with. */
const mistakes: [options: unknown, answer: RegExp][] = [
  [{ url: 'http://h' }, /^url is not an option: did you mean `endpoint`\?$/],
  [{ host: 'h' }, /^host is not an option: did you mean `endpoint`\?$/],
  [{ Endpoint: 'http://h' }, /did you mean `endpoint`\?$/],
  [{ endpiont: 'http://h' }, /did you mean `endpoint`\?$/],
  [{ user: 'u' }, /did you mean `username`\?$/],
  [{ user_name: 'u' }, /did you mean `username`\?$/],
  [{ passwort: 'secret' }, /did you mean `password`\?$/],
  [{ db: 'd' }, /did you mean `database`\?$/],
  [{ timeout: 5 }, /did you mean `timeoutMs`\?$/],
  [{ flushTimeout: 5 }, /did you mean `flushTimeoutMs`\?$/],
  [{ maxRows: 5 }, /did you mean `batch\.maxRows`\?$/],
  [{ maxExportBatchSize: 512 }, /did you mean `batch\.maxRows`\?$/],
  [{ scheduledDelayMillis: 5 }, /did you mean `batch\.maxDelayMs`\?$/],
  [{ maxQueueSize: 2048 }, /did you mean `queue\.maxBytes`\?$/],
  [{ attributeCount: 5 }, /did you mean `limits\.attributeCount`\?$/],
  [{ clickhouse_settings: {} }, /did you mean `settings`\?$/],
  [{ batch: { max_rows: 5 } }, /^batch\.max_rows is not an option: did you mean `maxRows`\?$/],
  [{ batch: { timeoutMs: 5 } }, /^batch\.timeoutMs is not an option: set it outside `batch`$/],
  [{ spool: { dir: '/x', directory: '/x' } }, /^spool\.dir .*did you mean `directory`\?$/],
  [
    { destinations: [{ name: 'a', endpoint: 'http://a', onDrop() {} }] },
    /^destinations\.0\.onDrop .*outside `destinations`$/,
  ],
  [
    { destinations: [{ name: 'a', endpoint: 'http://a', batch: { maxRow: 1 } }] },
    /did you mean `maxRows`\?$/,
  ],
  [{ spans: { table: 't' } }, /did you mean `traces`\?$/],
  [{ log: { table: 't' } }, /did you mean `logs`\?$/],
  [{ signal: ['logs'] }, /did you mean `signals`\?$/],
  [{ temporality: 'delta' }, /did you mean `metrics\.temporality`\?$/],
  [{ temporalityPreference: 'delta' }, /did you mean `metrics\.temporality`\?$/],
  [{ logs: { endpoint: 'http://h' } }, /^logs\.endpoint .*: set it outside `logs`$/],
  [{ logs: { maxRows: 5 } }, /^logs\.maxRows .*did you mean `batch\.maxRows`\?$/],
  [{ logs: { tables: {} } }, /^logs\.tables is not an option: did you mean `table`\?$/],
  [{ metrics: { tables: { gauges: 'g' } } }, /did you mean `gauge`\?$/],
  [{ metrics: { tables: 'm' } }, /^metrics\.tables must be an object: \{ gauge, sum, /],
  [{ logs: 'app_logs' }, /^logs must be an object: \{ database, table, /],
  [{ logs: { batch: { maxRows: '5' } } }, /^logs\.batch\.maxRows .*: write 5 /],
  [
    { metrics: { schema: 'otl' } },
    /^metrics\.schema must be 'flat', 'otel', 'otel_json' or a table .*'otel'\?$/,
  ],
  [
    { destinations: [{ name: 'a', endpoint: 'http://a', logs: { timeoutMs: 5 } }] },
    /^destinations\.0\.logs\.timeoutMs is not an option: set it outside `logs`$/,
  ],
  [{ acknowledge: 'accept' }, /did you mean 'accepted'\?$/],
  [{ serviceName: 'x' }, /^serviceName is not an option$/],
  [{ flushOnExit: true }, /^flushOnExit is not an option$/],
  [{ ttl: '30d' }, /^ttl must be a number of seconds: write 2592000 \(received "30d"\)$/],
  [{ ttl: '2592000' }, /^ttl must be a number of seconds: write 2592000 /],
  [{ ttl: '500ms' }, /^ttl must be a number of seconds: write 1 /],
  [{ timeoutMs: '10s' }, /^timeoutMs must be a number of milliseconds: write 10000 /],
  [{ flushTimeoutMs: '1.5 min' }, /milliseconds: write 90000 /],
  [{ queue: { maxBytes: '64MB' } }, /^queue\.maxBytes must be a number of bytes: write 64000000 /],
  [{ spool: { directory: '/x', maxBytes: '2 GiB' } }, /bytes: write 2147483648 /],
  [{ limits: { rowBytes: '1k' } }, /bytes: write 1024 /],
  [{ batch: { maxRows: '5000' } }, /^batch\.maxRows must be a number: write 5000 /],
  [{ retry: { maxRetries: '5' } }, /^retry\.maxRetries must be a number: write 5 /],
  [
    { queue: { maxBytes: '5 constructor' } },
    /number of bytes, or in a file a text such as '64MiB' /,
  ],
  [{ ttl: '1y' }, /^ttl must be a number of seconds, or in a file a text such as '30d' /],
  [{ batch: { maxRows: '5x' } }, /^batch\.maxRows must be a number \(received "5x"\)$/],
  [{ asyncInsert: '1' }, /^asyncInsert must be true or false \(received "1"\)$/],
  [{ destinations: '5' }, /^destinations must be a list \(received "5"\)$/],
  [{ settings: { schema: {} } }, /^settings\.schema must be a string, number or boolean /],
  [
    { destinations: [{ name: 'a', endpoint: 'http://a', eventCount: 5 }] },
    /^destinations\.0\.eventCount .*did you mean `limits\.eventCount`\?$/,
  ],
  [{ table: 'telemetry.traces2' }, /dot.*write database: 'telemetry', table: 'traces2'/],
  [{ database: 'telemetry.traces2' }, /dot.*write database: 'telemetry', table: 'traces2'/],
  [{ table: '`telemetry`.`traces-2`' }, /write database: 'telemetry', table: 'traces-2'/],
  [{ deadLetter: { table: 'a.b' } }, /^deadLetter\.table must not contain a dot/],
  [{ compression: 'gzip' }, /^compression must be an object: \{ codec, level, thresholdBytes \}/],
  [{ retry: 3 }, /^retry must be an object: \{ maxRetries, /],
  [{ spool: '/var/spool' }, /^spool must be an object: \{ directory, /],
  [{ destinations: ['http://a'] }, /^destinations\.0 must be an object: .*endpoint/],
  ['http://user:secret@h:8123', /^options must be an object: \{ endpoint, … \} \(received a value/],
  [
    new URL('http://user:secret@h:8123'),
    /^options must be an object: \{ endpoint, … \} \(received a value not shown\)$/,
  ],
  [
    { destinations: [new URL('http://a')] },
    /^destinations\.0 must be an object: .*endpoint.*a value not shown\)$/,
  ],
  [{ endpoint: new URL('http://h') }, /^endpoint must be a string: write its href /],
  [{ agent: new HttpAgent(), endpoint: 'https://h' }, /^agent .* node:https$/],
  [{ agent: new HttpsAgent(), endpoint: 'http://h' }, /^agent .* node:http$/],
  [
    { destinations: [{ name: 'a', endpoint: 'https://a', agent: new HttpAgent() }] },
    /^destinations\[a\]\.agent .* node:https$/,
  ],
  [{ agent: { dispatch() {}, destroy() {} } }, /^agent .*undici's Agent cannot be used/],
]

test.each(mistakes)('%o is answered with what to write instead', (options, answer) => {
  const problems = problemsOf(options)
  expect(problems).toHaveLength(1)
  expect(problems[0]).toMatch(answer)
  expect(problems[0]).not.toContain('secret')
})

test.each(['.inner.x', 'a.b.c', 'v1.2 of it'])('a table may be called %j', (table) => {
  expect(problemsOf({ table })).toEqual([])
})

test('nothing is guessed of what may hold a secret', () => {
  const [problem] = problemsOf({ 'endpoint: http://u:secret@h': 1 })
  expect(problem).toBe('(a name not shown) is not an option')
})

describe('an agent that Node would take is taken', () => {
  test('of the endpoint’s protocol', () => {
    expect(problemsOf({ endpoint: 'https://h', agent: new HttpsAgent() })).toEqual([])
    expect(problemsOf({ endpoint: 'http://h', agent: new HttpAgent() })).toEqual([])
  })

  test('of a proxy, which says its protocol request by request, or not at all', () => {
    class ProxyAgent extends HttpAgent {
      get protocol() {
        return 'http:'
      }
      set protocol(_: string) {}
    }
    const silent = { addRequest() {}, destroy() {} }
    for (const agent of [new ProxyAgent(), silent])
      for (const endpoint of ['https://h', 'http://h'])
        expect(problemsOf({ endpoint, agent })).toEqual([])
  })
})

test('an enumerable property that somebody has added to Object.prototype is no mistake in the options', () => {
  const options = { endpoint: 'http://127.0.0.1:9', batch: { maxRows: 5 } }
  Object.assign(Object.prototype, { added: 1 })
  try {
    expect(problemsOf(options)).toEqual([])
  } finally {
    Reflect.deleteProperty(Object.prototype, 'added')
  }
  expect(problemsOf({ ...options, batch: { maxRows: 'five' } })).toHaveLength(1)
})
