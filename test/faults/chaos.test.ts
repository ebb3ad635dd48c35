import { expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import { chaos } from './chaos/chaos.js'
import { figures, percentile } from './figures.js'
import { SEED } from './seed.js'

const SECONDS = LONG ? 150 : 15

test('every promise is kept after chaos', async () => {
  const outcome = await chaos({
    seed: SEED,
    forMs: SECONDS * 1000,
    atMostMs: (SECONDS + 180) * 1000,
  })
  const { verdicts, recoveriesMs, freshMs, events, faults, complaints } = outcome
  const sum = (what: 'missing' | 'doubled' | 'altered' | 'foreign') =>
    Object.values(verdicts).reduce((total, verdict) => total + verdict[what], 0)
  figures('chaos', {
    seconds: SECONDS,
    rows: outcome.rows,
    'processes killed': outcome.kills,
    'rows lost': sum('missing'),
    'rows doubled': sum('doubled'),
    'rows altered': sum('altered'),
    'rows of nobody': sum('foreign'),
    outages: recoveriesMs.length,
    'ms to recover, p50': percentile(recoveriesMs, 50),
    'ms to recover, p99': percentile(recoveriesMs, 99),
    'the slowest of these was after': outcome.slowestAfter,
    'rows that waited at the end of it': outcome.leftAtEnd,
    'requests until nothing waited': outcome.requestsToDrain,
    'ms until nothing waited': outcome.drainedMs,
    ...Object.fromEntries(
      Object.entries(freshMs).map(([name, ms]) => [
        `ms of a fresh record to its table: ${name}`,
        ms,
      ]),
    ),
    ...events,
    recoveriesMs: recoveriesMs.map(Math.round),
    faults,
  })
  expect(complaints).toEqual([])
  for (const [name, verdict] of Object.entries(verdicts))
    expect({ name, ...verdict }).toMatchObject({
      name,
      missing: 0,
      doubled: 0,
      altered: 0,
      foreign: 0,
      examples: [],
    })
  // A run in which nothing interesting happened shows nothing.
  expect(Object.entries(events).filter(([, count]) => count === 0)).toEqual([])
}, 900_000)
