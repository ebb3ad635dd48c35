import type { HeatRow, RateRow } from '@spanhouse/queries'
import { useMemo } from 'preact/hooks'
import { useAnswer } from '../api/use-answer.js'
import { html, type VNode } from '../common/html.js'
import { NARROW, useMedia } from '../common/use-media.js'
import { parameter } from '../shell/address.js'
import { boundsOf, stepOf } from '../shell/range.js'
import { asked, now, range, tick } from '../shell/time.js'
import { linesOf } from './heat.js'
import { HeatChart } from './heat-chart.js'
import { RateChart } from './rate-chart.js'

/** The charts need not be asked for every second. */
const TICKS_A_REFRESH = 5
const STEPS = 90

export interface ChartsProps {
  readonly q: string
}

/** How long requests took, how many there were, and how many failed, over the range. */
export function Charts({ q }: ChartsProps): VNode {
  const { fromUs, toUs } = boundsOf(range.value, now.value)
  const stepUs = stepOf(toUs - fromUs, STEPS)
  // Whole steps: half of a step would look like a fall of the rate.
  const from = Math.floor(fromUs / stepUs) * stepUs
  const question = { ...asked.value, from, q, bucket: stepUs, table: parameter('table') }
  const slowTick = Math.floor(tick.value / TICKS_A_REFRESH)
  const heat = useAnswer('heat', question, slowTick)
  const rates = useAnswer('rates', question, slowTick)
  const cells: readonly HeatRow[] = heat.answer?.rows ?? NONE
  const rows: readonly RateRow[] = rates.answer?.rows ?? NONE
  const lines = useMemo(() => linesOf(rows, { fromUs: from, toUs, stepUs }), [rows, from, stepUs])
  const height = useMedia(NARROW) ? 120 : 168
  const shown = { cells, rows, lines, fromUs: from, toUs, stepUs, q, height }
  const error = heat.error ?? rates.error
  return html`<section class="charts" aria-label="Charts">
    ${error && html`<p class="chart-error problem" role="alert">${error.message}</p>`}
    <${HeatChart} ...${shown} />
    <${RateChart} ...${shown} />
  </section>`
}

const NONE: readonly never[] = []
