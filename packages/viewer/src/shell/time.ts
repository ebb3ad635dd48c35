import { computed, signal } from '@preact/signals'
import type { Asked } from '../api/answers.js'
import { change, parameter, parameters } from './address.js'
import { boundsOf, type Range, rangeOf } from './range.js'

export const POLL_MS = 1000

/** The range that the address says. */
export const range = computed<Range>(() => rangeOf(parameters.value))
/** The present moment in microseconds, as of the last tick. */
export const now = signal(Date.now() * 1000)
/** Counts the ticks: views ask again when it changes. It stands still while the page is not live. */
export const tick = signal(0)
export const isVisible = signal(true)
/** The time that "4 s ago" is counted from, in microseconds: it goes on while the page is not live. */
export const clock = signal(Date.now() * 1000)

/** The user has not switched it off, and the range ends now. */
export const isLive = computed(() => parameter('live') !== 'off' && range.value.kind === 'relative')

/** From and to for a query, from the range and the present moment. `rangeKey` stays the same while only the moment changes. */
export const asked = computed<Asked>(() => {
  const { fromUs, toUs } = boundsOf(range.value, now.value)
  const rangeKey = range.value.kind === 'relative' ? range.value.text : `${fromUs}-${toUs}`
  return { from: fromUs, to: toUs, rangeKey, table: parameter('table') }
})

export function setRange(next: { range: string } | { fromUs: number; toUs: number }): void {
  now.value = Date.now() * 1000
  if ('range' in next) change({ range: next.range, from: undefined, to: undefined })
  else change({ range: undefined, from: Math.floor(next.fromUs), to: Math.ceil(next.toUs) })
}

export function setLive(live: boolean): void {
  now.value = Date.now() * 1000
  change({ live: live ? undefined : 'off' }, { replace: true })
}

/** Ticks once a second while the page is live and its tab visible. */
export function startClock(): void {
  isVisible.value = document.visibilityState === 'visible'
  document.addEventListener('visibilitychange', () => {
    isVisible.value = document.visibilityState === 'visible'
    beat()
  })
  setInterval(beat, POLL_MS)
}

function beat(): void {
  if (isVisible.peek()) clock.value = Date.now() * 1000
  if (!isVisible.peek() || !isLive.peek()) return
  now.value = Date.now() * 1000
  tick.value += 1
}
