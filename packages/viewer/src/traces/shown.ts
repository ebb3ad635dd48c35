import type { HeatRow, RateRow } from '@spanhouse/queries'
import type { Lines } from './heat.js'

/** What both charts show. */
export interface Shown {
  readonly cells: readonly HeatRow[]
  readonly rows: readonly RateRow[]
  readonly lines: Lines
  readonly fromUs: number
  readonly toUs: number
  readonly stepUs: number
  /** Of each chart, in CSS pixels. */
  readonly height: number
  /** The search, which a click on the chart narrows. */
  readonly q: string
}
