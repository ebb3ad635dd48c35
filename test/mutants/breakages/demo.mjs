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
    ['makes up for all missed customers at once after a stall', ', now - 50)', ', 0)'],
    [
      'reports every failure as simulated by the shop',
      'isSimulated: Boolean(simulated)',
      'isSimulated: true',
    ],
    [
      'reports a missing answer as an error of the shop',
      '`no answer within ${',
      '`failed (5xx) within ${',
    ],
  ]),
  ...inFile('shop/answers', load, [
    [
      'counts requests during the outage as if they came before it',
      "['up', 0, outage.from]",
      "['up', 0, outage.restartAt]",
    ],
    ['shows the shortest wait as the median', 'quantile(waits, 0.5)', 'quantile(waits, 0)'],
  ]),
]
