import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/parse-config.js'

test('names that differ in case alone are one: a file system may not tell them apart', () => {
  const destinations = ['Eu', 'us', 'eU'].map((name) => ({ name, endpoint: 'http://server:8123' }))
  expect(() => parseConfig('traces', { destinations }, {})).toThrow('the name "eU" is used twice')
})
