import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConfigError } from '../../src/common/errors.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { SIGNALS } from '../../src/config/signal.js'
import {
  DESTINATION_VARIABLES,
  OPTION_VARIABLES,
  OTHER_VARIABLES,
  PREFIX,
} from '../../src/config/variable-names.js'

const SECRET = 'canary-5ecret'
const RUNS = Number(process.env['SPANHOUSE_RUNS'] ?? 300)

const values = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1e9',
    'true',
    'TRUE',
    'gzip',
    'otel',
    '5s',
    '64MiB',
    '2 parsecs',
    'a=b',
    'a=b,a=c',
    '=',
    '%',
    'a,b,primary',
    'logs',
    'traces,metrics',
    'delta',
    'unlimited',
    '/dev/null',
    '__proto__',
    'constructor=x',
    SECRET,
  ),
  fc.constantFrom(
    `http://u:${SECRET}@h`,
    `http://u:${SECRET}@h?x=${SECRET}`,
    'clickhouse://h/d',
    `clickhouse://u:${SECRET}@h:9000`,
    'http://h?database=&batch.maxRows=x',
    `authorization=${SECRET}`,
  ),
  fc.string({ unit: 'binary', maxLength: 40 }).filter((text) => !text.includes('\0')),
)
const signals = fc.constantFrom(...SIGNALS)
const names = [
  ...OPTION_VARIABLES.keys(),
  ...OTHER_VARIABLES.keys(),
  ...[...OPTION_VARIABLES.keys()].map((name) => `${name}_FILE`),
  ...[...DESTINATION_VARIABLES.keys()].map((name) => `A_${name}`),
  'ENDPONT',
  'USER',
  '',
  '_',
  '__proto__',
]
const environments = fc.dictionary(
  fc.constantFrom(...names).map((name) => `${PREFIX}${name}`),
  values,
  { maxKeys: 8 },
)

test('any environment gives a configuration and warnings, never an error and never a secret', () => {
  fc.assert(
    fc.property(signals, environments, (signal, env) => {
      delete env[`${PREFIX}CONFIG_FILE`] // files are code: their mistakes are errors
      if (env[`${PREFIX}DESTINATIONS`] === SECRET) delete env[`${PREFIX}DESTINATIONS`] // names are no secrets
      const config = parseConfig(signal, {}, env)
      const isTaken = config.destinations.length > 0
      expect(isTaken || config.doubts.at(-1)?.startsWith('no destination takes')).toBe(true)
      expect(config.doubts.join()).not.toContain(SECRET)
      expect(config.summary).not.toContain(`u:${SECRET}`)
      for (const doubt of isTaken ? config.doubts : config.doubts.slice(0, -1)) {
        expect(doubt.startsWith(PREFIX)).toBe(true)
        expect(doubt).toMatch(/^[^\n\r]+\.$/)
      }
    }),
    { numRuns: RUNS },
  )
})

const options = fc.dictionary(
  fc.constantFrom(
    'endpoint',
    'database',
    'batch',
    'retry',
    'spool',
    'deadLetter',
    'tls',
    'headers',
    'settings',
    'destinations',
    'schema',
    'agent',
    'colour',
    '__proto__',
    'onDrop',
    'limits',
    'ttl',
    'table',
    'signals',
    'promote',
    'keepPromoted',
    'logs',
    'metrics',
  ),
  fc.oneof(
    values,
    fc.anything({ maxDepth: 3, withBigInt: true, withDate: true, withNullPrototype: true }),
    fc.dictionary(
      fc.constantFrom(
        'maxRows',
        'batch',
        'schema',
        'tables',
        'temporality',
        'directory',
        'table',
        'fsync',
        'x-a',
        'ca',
        'key',
        'name',
        'constructor',
      ),
      fc.oneof(values, fc.anything()),
    ),
    fc.array(fc.record({ name: values, endpoint: values }), { maxLength: 3 }),
  ),
  { maxKeys: 5 },
)

test('any options give a configuration or a ConfigError with lines, never anything else', () => {
  fc.assert(
    fc.property(signals, options, environments, (signal, given, env) => {
      delete env[`${PREFIX}CONFIG_FILE`]
      try {
        parseConfig(signal, given as Options<never>, env)
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError)
        const { problems } = error as ConfigError
        expect(problems.length).toBeGreaterThan(0)
        for (const problem of problems) expect(problem).toMatch(/^[^\n\r]+$/)
      }
    }),
    { numRuns: RUNS },
  )
})

test('a secret where secrets belong is in no error, whatever else is wrong', () => {
  const secrets = fc.record(
    {
      password: fc.constantFrom(SECRET, [SECRET], { a: SECRET }),
      headers: fc.constantFrom({ authorization: SECRET }, `x: ${SECRET}`, { [`a: ${SECRET}`]: 1 }),
      tls: fc.constantFrom({ key: SECRET }, { key: SECRET, cert: SECRET }, SECRET),
      endpoint: fc.constantFrom(`http://u:${SECRET}@h`, `u:${SECRET}@h`, [`http://u:${SECRET}@h`]),
      timeoutMs: fc.constantFrom(0, '5s', 5),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(secrets, (given) => {
      try {
        parseConfig('traces', given as Options, {})
      } catch (error) {
        expect(inspect(error, { depth: null })).not.toContain(SECRET)
      }
    }),
    { numRuns: RUNS },
  )
})
