import fc from 'fast-check'
import { afterEach, beforeEach, describe, test, vi } from 'vitest'
import { LONG } from '../kit/patience.js'
import { diag } from '../sdk2/node_modules/@opentelemetry/api'
import { takeTheClock } from './model/clock.js'
import { anyCommand, commands, type ModelCommand } from './model/commands.js'
import { type DestinationPlan, type Plan, plans } from './model/plan.js'
import { play } from './model/play.js'
import { SEED } from './seed.js'

// Several processes, one after the other. A killed one never returns from its calls, which the next must not wait for.
vi.mock(import('../../packages/exporter-clickhouse/src/common/own-files.js'), async () => {
  const { withMounts } = await import('./mounts.js')
  const files = withMounts(await import('node:fs/promises'))
  return { ownFiles: () => files }
})

beforeEach(() => takeTheClock())
afterEach(() => {
  vi.useRealTimers()
  diag.disable()
})

test('every promise is kept, whatever happens to the exporter', async () => {
  await fc.assert(
    fc.asyncProperty(
      plans,
      fc.commands(anyCommand, { maxCommands: LONG ? 120 : 50, size: 'max' }),
      play,
    ),
    {
      seed: SEED,
      numRuns: LONG ? 3000 : 30,
      // In `npm test` as many on every machine.
      ...(LONG && { interruptAfterTimeLimit: 100_000 }),
    },
  )
}, 1_000_000)

const destination: DestinationPlan = {
  name: 'a',
  fsync: 'no spool',
  spoolBytes: 1e9,
  queueBytes: 1e6,
  whenFull: 'drop_oldest',
  maxRetries: 'unlimited',
  deadLetter: 'nowhere',
  window: 10_000,
  asyncInsert: false,
  created: true,
  codec: 'gzip',
  maxRows: 1000,
}

function planOf(...destinations: Partial<DestinationPlan>[]): Plan {
  return {
    signals: ['traces'],
    acknowledge: 'delivered',
    isOneLife: false,
    destinations: destinations.map((one, n) => ({
      ...destination,
      name: 'abc'[n] ?? '',
      ...one,
    })),
  }
}

const {
  answer,
  answerAll,
  crash,
  diskFull,
  down,
  export: exports,
  mode,
  powerLoss,
  wait,
} = commands

// Shrunk from failures of the test above. Each was a defect.
const regressions: [name: string, plan: Plan, commands: ModelCommand[]][] = [
  [
    'rows that were stored twice before anybody asked whether the table deduplicates are counted as possible duplicates',
    planOf({ window: 0 }),
    [exports([0]), answerAll(0, 'stored, then reset'), wait(1100), answerAll(0, 'well')],
  ],
  [
    'two batches of one export that reach a small spool together stay within its byte limit',
    planOf(
      { fsync: 'always', spoolBytes: 6000, queueBytes: 8000 },
      { fsync: 'always' },
      { fsync: 'always' },
    ),
    [exports([0]), exports([2000, 500])],
  ],
  [
    "with fsync 'interval' what was written a second ago survives a loss of power in a folder that is new",
    planOf({ fsync: 'interval' }),
    [exports([0]), down(0), answerAll(0, 'too many parts'), wait(4000), powerLoss(10, 0, 'none')],
  ],
  [
    'a server that did not say whether its table deduplicates is asked again: rows that were stored twice meanwhile are counted',
    planOf({ window: 0, created: false, deadLetter: 'table' }),
    [
      exports(['poison', 500]),
      exports([0]),
      wait(4000),
      answerAll(0, 'well'),
      mode(0, 'hang'),
      answer(0, 0, 'well'),
      wait(10),
    ],
  ],
  [
    'a dead letter after one that the disk had no room for can be read',
    planOf(
      {
        fsync: 'always',
        whenFull: 'drop_newest',
        maxRetries: 2,
        deadLetter: 'directory',
        created: false,
        codec: 'none',
      },
      {
        fsync: 'always',
        spoolBytes: 6000,
        whenFull: 'drop_newest',
        maxRetries: 2,
        created: false,
        codec: 'br',
      },
    ),
    [
      diskFull(5000),
      exports(['poison', 0]),
      answerAll(0, 'well'),
      answerAll(0, 'well'),
      exports(['poison', 0]),
    ],
  ],
  [
    'the parts of a divided batch wait on disk for the exporter of their own signal',
    { ...planOf({ fsync: 'always' }), signals: ['traces', 'logs'] },
    [exports(['poison', 500], 1), answerAll(0, 'well'), crash(10)],
  ],
]

describe('kept', () => {
  test.each(regressions)('%s', (_, plan, commands) => play(plan, commands))
})
