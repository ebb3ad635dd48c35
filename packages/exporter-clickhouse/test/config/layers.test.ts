import { describe, expect, test } from 'vitest'
import { envWithFile, errorOf, only, P, parse } from './config-kit.js'

describe('defaults < file < environment < code', () => {
  const env = () =>
    envWithFile(
      { database: 'file', table: 'file', username: 'file', timeoutMs: '4s' },
      { TABLE: 'environment', USERNAME: 'environment' },
    )

  test('option by option', () => {
    const { targets, username, timeoutMs, manageSchema } = only({ username: 'code' }, env())
    expect([targets[0].database, targets[0].table, username, timeoutMs, manageSchema]).toEqual([
      'file',
      'environment',
      'code',
      4000,
      'create',
    ])
  })

  test('groups are merged field by field', () => {
    const groups = envWithFile({ batch: { maxRows: 1, maxDelayMs: 1 } }, { BATCH_MAX_DELAY: '2' })
    expect(only({ batch: { maxBytes: 3 } }, groups).batch).toEqual({
      maxRows: 1,
      maxDelayMs: 2,
      maxBytes: 3,
    })
  })

  test('a file that cannot be used is one error with every problem, also of the code', () => {
    const { problems } = errorOf({ colour: 'red' }, envWithFile({ timeoutMs: 0, tabel: 't' }))
    expect(problems).toHaveLength(3)
    expect(problems.join('\n')).toMatch(/colour is not an option/)
    expect(problems.join('\n')).toMatch(/spanhouse\.json:1:2: timeoutMs must be/)
    expect(problems.join('\n')).toMatch(
      /spanhouse\.json:1:16: tabel is not an option: did you mean `table`\?/,
    )
  })
})

describe('destinations', () => {
  const file = {
    destinations: [
      { name: 'a', endpoint: 'http://a', table: 'file' },
      { name: 'b', endpoint: 'http://b' },
    ],
  }

  test('of the file get the rest from the environment', () => {
    const { destinations, doubts } = parse(
      {},
      envWithFile(file, { B_PASSWORD: 'p', A_TABLE: 'env' }),
    )
    expect(doubts).toEqual([])
    expect(
      destinations.map(({ name, password, targets }) => [name, password, targets[0].table]),
    ).toEqual([
      ['a', '', 'env'],
      ['b', 'p', 'traces'],
    ])
  })

  test('the highest list says which there are; what lower layers know of them is kept', () => {
    const { destinations } = parse({ destinations: [{ name: 'a' }] as never }, envWithFile(file))
    expect(destinations).toMatchObject([{ name: 'a', targets: [{ table: 'file' }] }])
  })
})

describe('what an endpoint carries', () => {
  test('goes with the endpoint when a layer above gives another', () => {
    const env = { [`${P}ENDPOINT`]: 'https://u:p@env/?database=env&max_threads=4&timeout_ms=7' }
    expect(only({}, env)).toMatchObject({
      username: 'u',
      password: 'p',
      timeoutMs: 7,
      settings: { max_threads: '4' },
    })
    const other = only({ endpoint: 'http://code' }, env)
    expect(other).toMatchObject({
      username: 'default',
      password: '',
      timeoutMs: 10_000,
      settings: {},
    })
    expect(other.targets[0].database).toBe('telemetry')
  })

  test('of a file goes when a variable gives another endpoint', () => {
    const file = { endpoint: 'https://u:p@file/?database=file&max_threads=4' }
    const { endpoint, username, password, settings, targets } = only(
      {},
      envWithFile(file, { ENDPOINT: 'http://env' }),
    )
    expect([endpoint.host, username, password, targets[0].database]).toEqual([
      'env',
      'default',
      '',
      'telemetry',
    ])
    expect(settings).toEqual({})
  })

  test('comes before options of the layers below, after those beside it', () => {
    const env = { [`${P}DATABASE`]: 'env', [`${P}TABLE`]: 'env' }
    const { targets } = only({ endpoint: 'http://h/?database=url&table=url', table: 'beside' }, env)
    expect(targets[0]).toMatchObject({ database: 'url', table: 'beside' })
  })

  test('is no default for other destinations', () => {
    const { destinations } = parse({
      endpoint: 'http://u:p@a/?database=d',
      destinations: [{ name: 'b', endpoint: 'http://b' }],
    })
    expect(destinations[1]).toMatchObject({ username: 'default', password: '' })
    expect(destinations[1]?.targets[0].database).toBe('telemetry')
  })
})

describe('the two forms of dead letters are never mixed', () => {
  test('a table takes the place of a directory', () => {
    const env = { [`${P}DEAD_LETTER_DIRECTORY`]: '/dead', [`${P}DEAD_LETTER_MAX_BYTES`]: '5' }
    expect(only({ deadLetter: { table: 'dead' } }, env).deadLetter).toEqual({
      database: 'telemetry',
      table: 'dead',
    })
  })

  test('a size alone is for the directory of the layer below', () => {
    const env = envWithFile({ deadLetter: { directory: '/dead' } }, { DEAD_LETTER_MAX_BYTES: '5' })
    expect(only({}, env).deadLetter).toEqual({ directory: '/dead', maxBytes: 5 })
  })
})
