import { expect, test } from 'vitest'
import { LONG } from '../kit/patience.js'
import { ended, root } from './run-example.js'

interface Workload {
  readonly START_EAST: string
  readonly START_WEST: string
}

function run(workload: Workload) {
  const env = { ...process.env, DURATION: '6s', RATE: '40', ...workload }
  return ended(process.execPath, ['scripts/example.mjs', 'active-active'], { cwd: root, env })
}

/** The last table of minutes: those of both servers. */
function minutesIn(stdout: string) {
  const last = stdout.slice(stdout.lastIndexOf('--minutes'))
  return [...last.matchAll(/A +([\d,]+) rows? (\w+) +B +([\d,]+) rows? (\w+) +equal/g)].map(
    ([, ...parts]) => parts,
  )
}

const RUNS = LONG ? 5 : 1
const WORKLOADS: [string, Workload][] = [
  ['with the same keys, the newest row of each stays', { START_EAST: '0', START_WEST: '0' }],
  ['with keys of their own, every row stays', { START_EAST: '100000', START_WEST: '0' }],
]

// Rows of the same key have more to show: all that those with keys of their own do, and dead letters. That a workload sets the keys that
// it is told to set, test/docker/compose.test.ts shows.
const taken = LONG ? WORKLOADS : WORKLOADS.slice(0, 1)

test.each(Array.from({ length: RUNS }, () => taken).flat())(
  'after an outage in both directions two regions have equal hashes: %s',
  async (_, workload) => {
    const { exitCode, stdout, stderr } = await run(workload)
    expect(stderr.replaceAll(/^.* …\n/gm, ''), stdout).toBe('')
    expect(exitCode, stdout).toBe(0)
    expect(stdout).toMatch(/West is cut off:[\s\S]*West is back[\s\S]*Equal:[\s\S]*cut off again/)
    expect(stdout).toMatch(/Different in \d+ of/)
    const [, toA, toB] = /Copied ([\d,]+) rows? to A and ([\d,]+) rows? to B/.exec(stdout) ?? []
    // Some rows were only in east, and some only in west.
    expect(Math.min(Number(toA), Number(toB))).toBeGreaterThan(0)
    const minutes = minutesIn(stdout)
    expect(minutes.length).toBeGreaterThan(0)
    for (const [rowsA, hashA, rowsB, hashB] of minutes)
      expect([rowsA, hashA]).toEqual([rowsB, hashB])
    const letters = /(\d+) rows became dead letters/.exec(stdout)?.[1]
    if (workload.START_EAST === workload.START_WEST) expect(Number(letters)).toBeGreaterThan(0)
    else expect(letters).toBeUndefined()
  },
)

test('a workload that cannot be read is one sentence', async () => {
  const env = { ...process.env, DURATION: 'soon' }
  const { exitCode, stderr } = await ended(process.execPath, ['examples/active-active/run.mjs'], {
    cwd: root,
    env,
  })
  expect(stderr).toBe('DURATION must be 4s or more, such as 60s or 5m.\n')
  expect(exitCode).toBe(1)
})
