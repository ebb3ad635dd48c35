import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/config/parse-config.js'
import { env, envWithFile, errorOf, only, parse } from './config-kit.js'

test('without an option of routing, a destination has no route', () => {
  expect(only({}).route).toBeUndefined()
  expect(
    parseConfig('metrics', { sample: { rate: 0.1 } }, {}).destinations[0]?.route,
  ).toBeUndefined()
})

test('the options of a destination and of a signal are stronger than those beside them', () => {
  const { destinations } = parse({
    redact: { deny: ['a'], hash: ['b'] },
    traces: { redact: { deny: ['c'] }, filter: { drop: [{ name: 'x' }] } },
    destinations: [{ name: 'b', endpoint: 'http://b', sample: { rate: 0.5 } }],
  })
  expect(destinations[0]?.route).toMatchObject({
    redact: { deny: ['c'], hash: ['b'], replace: '[redacted]' },
    filter: { drop: [{ name: 'x' }] },
    sample: { rate: 0.5, keepErrors: true, maxWaitMs: 30_000 },
  })
})

test('what is data can be said in file and environment', () => {
  const file = {
    filter: { keep: [{ service: 'shop', severity: { min: 'warn' } }] },
    sample: { rate: '0.25', rules: [{ route: '/health', rate: 0 }], keepSlowerThanMs: '2s' },
    redact: { values: ['email'], key: 'from the file' },
    origin: 'east',
  }
  const route = only(
    {},
    envWithFile(file, {
      SAMPLE_KEEP_ERRORS: 'false',
      SAMPLE_RULES: '[{"name":"GET *","rate":0.5}]',
      REDACT_DENY: '*password*, user.*',
      REDACT_KEY: 's3cret',
      SKIP_IF_ORIGIN: 'west,north',
    }),
  ).route
  expect(route).toMatchObject({
    filter: { keep: [{ service: 'shop', severity: { min: 'warn' } }] },
    sample: {
      rate: 0.25,
      rules: [{ name: 'GET *', rate: 0.5 }],
      keepErrors: false,
      keepSlowerThanMs: 2000,
    },
    redact: { values: ['email'], deny: ['*password*', 'user.*'], key: 's3cret' },
    origin: 'east',
    skipIfOrigin: ['west', 'north'],
  })
})

test('a variable of `sample` that is wrong is ignored with a warning that does not show it: it is about the amount alone', () => {
  const { doubts, destinations } = parse({}, env({ SAMPLE_RULES: '[{"rate":"secret"}]' }))
  expect(destinations[0]?.route).toBeUndefined()
  expect(destinations[0]?.stopped).toBeUndefined()
  expect(doubts).toEqual([expect.stringContaining('[0].rate must be a number from 0 to 1')])
  expect(doubts.join()).not.toContain('secret')
})

test.each([
  ['a variable', env({ REDACT_VALUES: 'email, Credit_Card' })],
  ['JSON in a variable', env({ REDACT_VALUES: '["email","credit_card"]' })],
  ['a URL', env({ ENDPOINT: 'http://h/?redact.values=email,credit_card' })],
])('values to redact are names with commas in %s', (_where, variables) => {
  const { destinations, doubts } = parse({}, variables)
  expect(destinations[0]?.route?.redact?.values).toEqual(['email', 'credit_card'])
  expect(doubts).toEqual([])
})

describe('a wrong option gives one clear sentence', () => {
  test.each<[object, string]>([
    [{ filter: 7 }, 'filter must be { keep, drop } or a function'],
    [{ filter: { drop: { name: 'x' } } }, 'filter: drop must be a list'],
    [{ filter: { drops: [] } }, 'filter: drops is not known: it may have keep, drop'],
    [{ filter: { drop: [{}] } }, 'filter: drop[0] says nothing'],
    [
      { filter: { drop: [{ nme: 'x' }] } },
      'filter: drop[0].nme is not known: it may have name, service, scope, body, attribute, severity, durationMs, status',
    ],
    [
      { filter: { drop: [{ name: /x/ }] } },
      'filter: drop[0].name must be a text, in which * stands for any text',
    ],
    [
      { filter: { keep: [{ severity: { min: 'warning' } }] } },
      "filter: keep[0].severity.min must be 1 to 24, or 'trace', 'debug', 'info', 'warn', 'error', 'fatal'",
    ],
    [
      { filter: { keep: [{ attribute: { a: 7 } }] } },
      'filter: keep[0].attribute["a"] must be a text, in which * stands for any text',
    ],
    [{ sample: { rate: 10 } }, 'sample.rate must be a number from 0 to 1 (received 10)'],
    [{ sample: { rules: [{ name: 'x' }] } }, 'sample.rules: [0].rate is missing'],
    [
      { redact: { values: ['emails'] } },
      "redact.values: [0] must be 'email', 'credit_card', 'ipv4', 'bearer_token', 'jwt', 'url_credentials'; or, in code, { pattern: RegExp } or a function",
    ],
    [
      { redact: { values: [{ pattern: /x*/ }] } },
      'redact.values: [0].pattern also matches an empty text',
    ],
    [{ redact: { deny: 'password' } }, 'redact.deny must be a list (received "password")'],
    [
      { origin: 'our east' },
      'origin must be 1 to 64 letters, digits or _ . : - (received "our east")',
    ],
    [{ dispatch: {} }, 'dispatch must be a function (received object)'],
    [{ metrics: { sample: {} } }, 'metrics.sample is not an option'],
  ])('%j', (options, sentence) => {
    expect(errorOf(options).problems).toEqual([expect.stringContaining(sentence)])
  })
})
