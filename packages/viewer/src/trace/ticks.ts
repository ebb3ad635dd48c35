import type { Zoom } from './zoom.js'

export interface Tick {
  /** Where it stands, from 0 to 100. */
  readonly percent: number
  readonly text: string
}

export interface Ticks {
  readonly ticks: readonly Tick[]
  /** The distance of two ticks, in percent. */
  readonly stepPercent: number
}

const MINUTE_NS = 60e9
/** Steps of a minute and more. */
const LONG_STEPS_NS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 720, 1440].map((m) => m * MINUTE_NS)

const UNITS = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
] as const

/** The marks of the ruler, at most `most` of them, at round times. */
export function ticksOf(zoom: Zoom, most: number): Ticks {
  const lengthNs = zoom.toNs - zoom.fromNs
  const step = stepOf(lengthNs / Math.max(most, 1))
  const ticks: Tick[] = []
  const first = Math.ceil(zoom.fromNs / step)
  // The label of a mark at the right edge would not fit.
  for (let n = first; n * step < zoom.toNs && ticks.length <= most; n++) {
    const atNs = n * step
    ticks.push({ percent: (100 * (atNs - zoom.fromNs)) / lengthNs, text: tickText(atNs, step) })
  }
  return { ticks, stepPercent: (100 * step) / lengthNs }
}

function stepOf(atLeastNs: number): number {
  if (atLeastNs > 30e9)
    return (
      LONG_STEPS_NS.find((step) => step >= atLeastNs) ?? roundUp(atLeastNs / 86_400e9) * 86_400e9
    )
  if (atLeastNs > 20e9) return 30e9
  return Math.max(roundUp(atLeastNs), 1)
}

/** 1, 2 or 5 times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  // The tolerance is for what should be exactly 2 and is a little more.
  const digit = [1, 2, 5, 10].find((one) => one * power >= value * (1 - 1e-9)) ?? 10
  return digit * power
}

/** With as many digits as the step needs: two marks never have the same text. */
function tickText(ns: number, step: number): string {
  if (ns === 0) return '0'
  if (ns >= MINUTE_NS) {
    const minutes = Math.floor(ns / MINUTE_NS)
    const seconds = (ns - minutes * MINUTE_NS) / 1e9
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
    if (hours >= 48 && step >= 3600e9) return `${Math.floor(hours / 24)} d ${hours % 24} h`
    const text = hours > 0 ? `${hours} h ${rest} m` : `${minutes} m`
    return step >= MINUTE_NS ? text : `${text} ${seconds.toFixed(digitsOf(step / 1e9))} s`
  }
  const [unit, size] = UNITS.find(([, one]) => ns >= one) ?? ['ns', 1]
  return `${(ns / size).toFixed(digitsOf(step / size))} ${unit}`
}

function digitsOf(step: number): number {
  return Math.min(Math.max(0, Math.ceil(-Math.log10(step) - 1e-9)), 9)
}
