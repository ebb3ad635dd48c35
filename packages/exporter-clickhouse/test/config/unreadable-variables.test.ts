import { expect, test } from 'vitest'
import { explain } from '../../src/config/explanation.js'
import { gather } from '../../src/config/gather.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { SIGNALS } from '../../src/config/signal.js'
import { env, envWithFile, errorOf, P, parse } from './config-kit.js'

const MISSING = '/dev/null/missing'

/** The destinations that get nothing, by signal. */
function stopped(
  variables: Record<string, string>,
  options: object = {},
): Record<string, string[]> {
  const all = SIGNALS.map((signal) => {
    const { destinations } = parseConfig(signal, options as never, variables)
    const names = destinations.flatMap((one) => (one.stopped === undefined ? [] : [one.name]))
    return [signal, names] as const
  })
  return Object.fromEntries(all.filter(([, names]) => names.length > 0))
}

const EVERYTHING = { traces: ['primary'], logs: ['primary'], metrics: ['primary'] }

test.each<[why: string, variable: string, text: string]>([
  ['is neither names nor JSON', 'REDACT_VALUES', '[email,credit_card]'],
  ['has a name that is not known', 'REDACT_VALUES', 'email,creditcard'],
  ['names a pattern that is not known', 'REDACT_VALUES', '["emails"]'],
  ['has an empty pattern', 'REDACT_DENY', '*password*,,user.*'],
  ['has a pattern that is too long', 'REDACT_HASH', 'x'.repeat(1001)],
  ['has too many patterns', 'REDACT_ALLOW', Array(1001).fill('x').join()],
  ['names a key that is not there', 'REDACT_KEY_FILE', MISSING],
  ['is in quotation marks', 'REDACT_DENY', '"*password*"'],
  ['is a filter that is wrong', 'FILTER', '{"drop":[{}]}'],
  ['is a filter that is not JSON', 'FILTER', '{secret'],
  ['is not the name of a region', 'ORIGIN', 'our east'],
  ['is not a list of regions', 'SKIP_IF_ORIGIN', 'west,our east'],
  ['is not a list of signals', 'SIGNALS', 'metric'],
  ['is misspelt', 'REDACT_DENNY', '*password*'],
  ['is misspelt by two letters', 'SINGALS', 'logs'],
  ['is not known, but says redact', 'REDACT_PATTERNS', '*password*'],
  ['is a group as JSON', 'REDACT', '{"deny":["*password*"]}'],
  ['names a destination that does not exist', 'PRIMARY_REDACT_DENY', '*password*'],
  ['is for a filter that does not exist', 'FILTER_DROP', '[]'],
  ['has a wrong rule in its URL', 'ENDPOINT', 'http://secret:x@a/?redact.values=emails'],
  ['has a misspelt rule in its URL', 'ENDPOINT', 'http://a/?redact_denny=secret'],
  ['has a rule of a misspelt group in its URL', 'ENDPOINT', 'http://a/?redakt.deny=secret'],
  ['has a misspelt filter in its URL', 'ENDPOINT', 'http://a/?filtr=secret'],
  ['has a misspelt list of regions in its URL', 'ENDPOINT', 'http://a/?skip_if_orign=west'],
  ['has a rule twice in its URL', 'ENDPOINT', 'http://a/?redact.deny=a&redact.deny=b'],
  ['is a wrong URL that carries rules', 'ENDPOINT', 'htp://a/?redact.deny=secret'],
])('nothing is sent if a variable %s: %s', (_, name, text) => {
  const variables = env({ [name]: text })
  expect(stopped(variables)).toEqual(EVERYTHING)
  const { doubts, destinations } = parse({}, variables)
  expect(doubts).toHaveLength(1)
  expect(doubts[0]).toMatch(
    new RegExp(
      `^${P}${name}\\b.*[.?] It may say what must not be sent, so nothing is sent to primary until it is corrected: rows are dropped as \`misconfigured\`\\.$`,
    ),
  )
  expect(destinations[0]?.stopped).toBe(`${P}${name} cannot be read, so nothing is sent`)
  expect(JSON.stringify([doubts, destinations[0]?.stopped])).not.toContain('secret')
})

test.each<[why: string, variables: Record<string, string>]>([
  ['says nothing about what is sent', { BATCH_MAX_ROWS: 'many', SETTINGS: 'x' }],
  ['is about the amount alone', { SAMPLE_RATE: '10', SAMPLE_RULES: '{' }],
  ['is misspelt, but means something else', { FLUSH_ON_SIGNALS: 'true', SAMPLE_RATES: '1' }],
  ['is not known, far from all names, and says nothing of it', { MASK_KEYS: '*password*' }],
  ['has such a name in its URL', { ENDPOINT: 'http://a/?mask.keys=x' }],
  ['has other mistakes in its URL', { ENDPOINT: 'http://a/?batch.max_rows=x' }],
])('a variable that %s is ignored as before', (_, variables) => {
  const { doubts } = parse({}, env(variables))
  expect(doubts.length).toBeGreaterThan(0)
  expect(doubts.join()).not.toContain('nothing is sent')
  expect(stopped(env(variables))).toEqual({})
})

test('a hash without a key takes the values out, so rows are sent', () => {
  expect(stopped(env({ REDACT_HASH: 'user.*' }))).toEqual({})
})

test('a variable of one signal stops that signal alone, and the warning says which', () => {
  const variables = env({ LOGS_REDACT_VALUES: '["emails"]' })
  expect(stopped(variables)).toEqual({ logs: ['primary'] })
  expect(parse({}, variables).doubts).toEqual([
    expect.stringContaining('so nothing is sent to primary (logs) until'),
  ])
})

const TWO = {
  destinations: [
    { name: 'a', endpoint: 'http://a' },
    { name: 'b', endpoint: 'http://b', redact: { deny: ['*'] } },
  ],
}

test('a variable of one destination stops that destination alone', () => {
  const variables = env({ A_FILTER: '{' })
  expect(stopped(variables, TWO)).toEqual({ traces: ['a'], logs: ['a'], metrics: ['a'] })
  expect(parse(TWO, variables).doubts).toEqual([
    expect.stringContaining('nothing is sent to a until'),
  ])
})

test('a variable of all destinations stops those that it would have decided', () => {
  expect(stopped(env({ REDACT_DENY: ',' }), TWO)['traces']).toEqual(['a'])
  expect(stopped(env({ REDACT_HASH: ',' }), TWO)['traces']).toEqual(['a', 'b'])
})

test('what code gives needs no variable, so a wrong one stops nothing', () => {
  const options = { redact: { deny: ['a'] }, filter: () => true }
  const variables = env({ REDACT_DENY: ',', FILTER: '{' })
  expect(stopped(variables, options)).toEqual({})
  const all = {
    ...options,
    logs: { redact: { values: ['email'] } },
    traces: { redact: { values: [] } },
  }
  const { destinations, doubts } = parse(all, env({ REDACT_VALUES: '{' }))
  expect(destinations[0]?.stopped).toBeUndefined()
  expect(doubts).toEqual([expect.stringContaining('nothing is sent to primary (metrics) until')])
})

test('what a file gives is weaker than the variable that was meant to replace it', () => {
  const variables = envWithFile({ redact: { deny: ['a'] } }, { REDACT_DENY: ',' })
  expect(stopped(variables)).toEqual(EVERYTHING)
})

test('a variable beside the same one with _FILE leaves open which of them is meant', () => {
  expect(stopped(env({ REDACT_KEY: 'a', REDACT_KEY_FILE: MISSING }))).toEqual(EVERYTHING)
})

test('a variable with two meanings stops what it may mean beside what it is taken for', () => {
  const options = {
    destinations: ['a', 'a-logs'].map((name) => ({ name, endpoint: `http://${name}` })),
  }
  expect(stopped(env({ A_LOGS_REDACT_DENY: 'x' }), options)).toEqual({ logs: ['a'] })
})

test.each<[string, object]>([
  ['file', { redact: { values: ['emails'] } }],
  ['file, in a URL', { endpoint: 'http://a/?redact.values=emails' }],
  ['file, misspelt', { redakt: {} }],
])('a mistake in a %s stops the start', (_, options) => {
  expect(errorOf({}, envWithFile(options)).problems).toHaveLength(1)
  expect(errorOf(options).problems).toHaveLength(1)
})

test('explainConfig() shows which option cannot be read', () => {
  const { settings, warnings } = explain(gather({}, env({ REDACT_VALUES: '{', REDACT_DENY: 'a' })))
  expect(settings.filter(({ option }) => /^redact.(values|deny)/.test(option))).toEqual([
    { destination: 'primary', option: 'redact.deny', value: 'a', source: `${P}REDACT_DENY` },
    {
      destination: 'primary',
      option: 'redact.values',
      value: 'cannot be read, so nothing is sent',
      source: `${P}REDACT_VALUES`,
    },
  ])
  expect(warnings).toHaveLength(1)
})
