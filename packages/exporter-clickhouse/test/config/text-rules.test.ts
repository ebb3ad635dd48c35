import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromText } from '../../src/config/from-text.js'
import { fromCode } from '../../src/config/sources/code.js'
import { problemOf } from '../../src/config/text-rules.js'
import { OPTION_VARIABLES } from '../../src/config/variable-names.js'

test('a text is refused in a variable exactly if its value is refused in code', () => {
  const texts = fc.oneof(
    fc.constantFrom(
      '',
      '0',
      '1',
      '-1',
      '1.5',
      '9',
      '10',
      '101',
      '1e3',
      '5s',
      '99999999999',
      '1GiB',
      'unlimited',
      'GZIP',
      'br',
      'otel',
      'true',
      'a:b',
      'db.table',
      'http://h',
      'h:1',
      'host=x',
      'traces',
      'logs, Metrics',
      'logs,logs,logs,logs',
      'delta',
      'async_insert=1',
      'a=b',
      'a=\u0001',
      'é=1',
      '[]',
      '["a"]',
      '[{"attribute":"a","type":"UInt8"}]',
      '[{"attribute":"a","colunm":"b"}]',
      '[{"column":"a"}]',
      '["",{"attribute":""}]',
      '[7]',
      '[[]]',
      '[null]',
      '{"attribute":"a"}',
      'email,JWT',
      'emial',
      '["email"]',
    ),
    fc.string(),
  )
  const variables = fc.constantFrom(...OPTION_VARIABLES.values())
  fc.assert(
    fc.property(variables, texts, ({ path, option }, text) => {
      const read = fromText(text, option.type)
      if ('problem' in read) return
      // A group of one form needs its first field.
      const group = path.join('.') === 'deadLetter.maxBytes' ? { directory: '/d' } : {}
      const options = path.reduceRight<unknown>(
        (value, name) => ({ ...(name === 'maxBytes' && group), [name]: value }),
        read.value,
      )
      expect([path, text, problemOf(read.value, option.type) === undefined]).toEqual([
        path,
        text,
        fromCode(options).problems.length === 0,
      ])
    }),
    { numRuns: 3000 },
  )
})
