import { expect, onTestFinished, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo } from '../../../../test/kit/exporters.js'
import { namesIn, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { clock } from '../../src/common/clock.js'
import type { Options } from '../../src/config/options.js'
import { guardedHook } from '../../src/routing/guarded-hook.js'

/** A clock that stands still, except for the time that a test lets pass. */
function standingClock(): { pass(ms: number): void } {
  const { now } = clock
  let time = 1_000_000
  clock.now = () => time
  onTestFinished(() => void Object.assign(clock, { now }))
  return {
    pass(ms) {
      time += ms
    },
  }
}

function guarded(call: () => unknown) {
  const counts = { failed: 0, slow: 0 }
  const lines: string[] = []
  const report = {
    failed: () => void counts.failed++,
    slow: () => void counts.slow++,
    say: (line: string) => void lines.push(line),
  }
  return { counts, lines, hook: guardedHook('a hook', call, report, 'No harm is done.') }
}

test.each<[string, (spend: () => void) => Pick<Options, 'filter' | 'dispatch' | 'redact'>]>([
  [
    'filter of primary',
    (spend) => ({
      filter: () => {
        spend()
        return true
      },
    }),
  ],
  [
    'dispatch of primary',
    (spend) => ({
      dispatch(row, { table }) {
        spend()
        return { [table]: row }
      },
    }),
  ],
  [
    'redact.values[1] of primary',
    (spend) => ({
      redact: {
        values: [
          'email',
          (text) => {
            if (text === 'slow') spend()
            return text
          },
        ],
      },
    }),
  ],
])(
  'each slow call of %s is counted, and one line names it; no row is lost',
  async (name, optionsOf) => {
    const { pass } = standingClock()
    const lines = diagLines()
    const [server, other] = [await scriptedServer(), await scriptedServer()]
    const exporter = exporterTo({
      destinations: [
        { name: 'primary', endpoint: server.url, ...optionsOf(() => pass(60)) },
        { name: 'without', endpoint: other.url },
      ],
    })
    await exported(exporter, [makeSpan({ name: 'slow' }), makeSpan({ name: 'slow' })])
    expect(namesIn(server)).toEqual(['slow', 'slow'])
    expect(statsOf(exporter, 'primary')).toMatchObject({
      delivered: 2,
      hookErrors: 0,
      slowHooks: 2,
    })
    expect(statsOf(exporter, 'without')).toMatchObject({
      delivered: 2,
      hookErrors: 0,
      slowHooks: 0,
    })
    const said = lines.filter((line) => line.includes('is slow'))
    // A redactor is asked about the names of attributes too, before the text that it is slow for.
    expect(said.map((line) => line.replace(/\d+ calls?/, '… calls'))).toEqual([
      expect.stringContaining(
        `${name} is slow: … calls took 60 ms, the longest 60 ms. It runs in the application's own thread, for each record.`,
      ),
    ])
  },
)

test('many calls that are not slow are named once they take 6 s of a minute, once a minute, and not counted', () => {
  const { pass } = standingClock()
  const { hook, counts, lines } = guarded(() => pass(40))
  const calls = (count: number) => {
    for (let n = 0; n < count; n++) hook()
  }
  calls(149) // 5.96 s
  expect(lines).toEqual([])
  calls(1)
  const line = /^a hook is slow: (\d+) calls took 6000 ms, the longest 40 ms\./
  expect(lines).toEqual([expect.stringMatching(line)])
  calls(1000) // 40 s: still the same minute
  expect(lines).toHaveLength(1)
  pass(60_000)
  calls(149)
  expect(lines).toHaveLength(1)
  calls(1)
  expect(lines).toEqual([expect.stringMatching(line), expect.stringMatching(line)])
  expect(counts).toEqual({ failed: 0, slow: 0 })
})

test('a function that takes less than 6 s of every minute is never named', () => {
  const { pass } = standingClock()
  const { hook, counts, lines } = guarded(() => pass(50))
  for (let n = 0; n < 1000; n++) {
    hook()
    pass(1000)
  }
  expect(lines).toEqual([])
  expect(counts).toEqual({ failed: 0, slow: 0 })
})

test('a call that is slow and throws counts as both, and each has its line', () => {
  const { pass } = standingClock()
  const { hook, counts, lines } = guarded(() => {
    pass(51)
    throw new Error('secret')
  })
  for (let n = 0; n < 3; n++) hook()
  expect(counts).toEqual({ failed: 3, slow: 3 })
  expect(lines).toEqual([
    expect.stringMatching(/^a hook threw Error at .*slow-hooks\.test\.ts.* No harm is done\.$/),
    expect.stringMatching(/^a hook is slow: 1 call took 51 ms/),
  ])
})
