import { ANSWERS } from './breakages/answers.mjs'
import { BACKENDS } from './breakages/backends.mjs'
import { BATCHES } from './breakages/batches.mjs'
import { DEMO } from './breakages/demo.mjs'
import { DESTINATION } from './breakages/destination.mjs'
import { EDGES } from './breakages/edges.mjs'
import { ENCODER } from './breakages/encoder.mjs'
import { INSERT } from './breakages/insert.mjs'
import { LOGS } from './breakages/logs.mjs'
import { METRICS } from './breakages/metrics.mjs'
import { NETWORK } from './breakages/network.mjs'
import { RECEIVER } from './breakages/receiver.mjs'
import { REGISTER } from './breakages/register.mjs'
import { SIGNALS } from './breakages/signals.mjs'
import { SPOOL } from './breakages/spool.mjs'

/**
 * Believable mistakes, along the path of a span. `from` occurs in `file` exactly once. `tests` are quick tests that run first,
 * before all tests of the package.
 */
export const BREAKAGES = [
  ...ENCODER,
  ...LOGS,
  ...METRICS,
  ...BATCHES,
  ...INSERT,
  ...SPOOL,
  ...DESTINATION,
  ...NETWORK,
  ...ANSWERS,
  ...EDGES,
  ...REGISTER,
  ...BACKENDS,
  ...SIGNALS,
  ...RECEIVER,
  ...DEMO,
]
