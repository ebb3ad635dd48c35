import { demo } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const load = [demo('load')]

export const DEMO = [
  ...inFile('shop/load', load, [
    [
      'lets any number of customers wait',
      'if (waiting.size >= MAX_WAITING) await Promise.race(waiting)',
      '',
    ],
    ['makes good after a stall what was missed', ', now - 50)', ', 0)'],
    [
      'takes every failure for one that the shop simulates',
      'isSimulated: Boolean(simulated)',
      'isSimulated: true',
    ],
    [
      'calls a missing answer an error of the shop',
      '`no answer within ${',
      '`failed (5xx) within ${',
    ],
  ]),
  ...inFile('shop/answers', load, [
    [
      'counts what came during the outage as before it',
      "['up', 0, outage.from]",
      "['up', 0, outage.restartAt]",
    ],
    ['takes the shortest wait for the median', 'quantile(waits, 0.5)', 'quantile(waits, 0)'],
  ]),
]
