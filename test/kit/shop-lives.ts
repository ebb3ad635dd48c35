// The processes of a service on one morning, with all that makes counters difficult: restarts, resets, silence, several at once.
import { randomOf } from '../faults/seed.js'
import type { Life } from './measurements.js'

const MINUTE_MS = 60_000
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]

/** 2024-10-22 20:00:00 UTC. */
export const T0_MS = 1_729_627_200_000
export const RANGE = { fromMs: T0_MS, toMs: T0_MS + 10 * MINUTE_MS }

const { fraction: random } = randomOf(7)

function life({
  pid = '1',
  startMs,
  exportsMs,
  service = 'shop',
  isStartKnown = true,
  bounds = BOUNDS,
  requestsPerMinute = 40,
}: {
  pid?: string
  startMs: number
  exportsMs: number[]
  service?: string
  isStartKnown?: boolean
  bounds?: number[]
  requestsPerMinute?: number
}): Life {
  const lasts = (exportsMs.at(-1) ?? startMs) - startMs
  const requests = Array.from({ length: (requestsPerMinute * lasts) / MINUTE_MS }, () => ({
    atMs: Math.round(startMs + random() * lasts),
    route: ['/', '/cart', '/checkout'][Math.floor(random() * 3)] ?? '/',
    // Some in the first bucket, some beyond the last bound.
    seconds: 0.02 * Math.exp(2 * (random() + random() + random() - 1.5) * 1.6),
  }))
  return {
    service,
    resource: { 'process.pid': pid },
    startMs: isStartKnown ? startMs : 0,
    exportsMs,
    requests,
    bounds,
  }
}

/** Every ten seconds from the first to the last minute after T0. */
function every10s(first: number, last: number, offsetMs = 0): number[] {
  const count = (last - first) * 6
  return Array.from(
    { length: count + 1 },
    (_, i) => T0_MS + first * MINUTE_MS + i * 10_000 + offsetMs,
  )
}

const at = (minutes: number) => T0_MS + minutes * MINUTE_MS

export const firstLife: Life = life({
  startMs: at(1) - 9_000,
  // The last export is that of the shutdown, within the same second as the one before.
  exportsMs: [...every10s(1, 5, 120), at(5) + 620],
  requestsPerMinute: 400,
})
/** The same process to look at, in a container for instance: only its start differs. */
export const afterRestart: Life = life({ startMs: at(5) + 4_000, exportsMs: every10s(5.2, 12, 40) })
/** From before the range to after it, beside the others. */
export const beside: Life = life({ pid: '2', startMs: at(-3), exportsMs: every10s(-2, 11) })
/** The histograms of an older version of the service. */
export const olderBounds: Life = life({
  pid: '3',
  startMs: at(2),
  exportsMs: every10s(3, 4),
  bounds: [0.1, 1, 10],
})
/** Nothing came of it for longer than a query looks back, so nobody knows what its first point adds. */
export const silentBefore: Life = life({
  pid: '4',
  startMs: at(-60),
  exportsMs: [at(-20), at(2), at(3)],
  requestsPerMinute: 3,
})
/** A source that does not say when it began, and its next process. */
export const startUnknown: Life = life({
  pid: '5',
  startMs: at(-30),
  exportsMs: every10s(-29, 4),
  isStartKnown: false,
})
export const afterReset: Life = life({
  pid: '5',
  startMs: at(4) + 2_000,
  exportsMs: every10s(4.2, 6),
  isStartKnown: false,
  requestsPerMinute: 60,
})
/** So little that the first point after the restart is not smaller. */
export const hardlyUsed: Life = life({ pid: '6', startMs: at(7), exportsMs: every10s(7.2, 7.3) })
export const muchUsed: Life = life({
  pid: '6',
  startMs: at(7.3) + 1_000,
  exportsMs: every10s(7.5, 8),
  requestsPerMinute: 600,
})
export const otherService: Life = life({
  service: 'mail',
  startMs: at(1),
  exportsMs: every10s(2, 5),
})

export const lives: readonly Life[] = [
  firstLife,
  afterRestart,
  beside,
  olderBounds,
  silentBefore,
  startUnknown,
  afterReset,
  hardlyUsed,
  muchUsed,
  otherService,
]
