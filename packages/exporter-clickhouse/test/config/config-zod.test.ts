import { expect, onTestFinished, test, vi } from 'vitest'

// What zod has in place of a configuration for each of its copies.
const shared = globalThis as { __zod_globalConfig?: { localeError?: unknown } | undefined }

test('the zod that the application has configured stays as it is, and our messages stay English', async () => {
  const before = shared.__zod_globalConfig
  onTestFinished(() => {
    shared.__zod_globalConfig = before
  })
  const theirs = () => 'eigene Meldung'
  shared.__zod_globalConfig = { localeError: theirs }
  vi.resetModules()
  const { parseConfig } = await import('../../src/config/parse-config.js')

  expect(() => parseConfig('traces', { timeoutMs: -1 }, {})).toThrow(
    /timeoutMs must be a number of milliseconds from 1 to /,
  )
  expect(shared.__zod_globalConfig?.localeError).toBe(theirs)
})
