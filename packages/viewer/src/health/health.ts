import { useAnswer } from '../api/use-answer.js'
import { html, type VNode } from '../common/html.js'
import { ErrorState, Loading } from '../common/states.js'
import { counted, countText } from '../common/text.js'
import { meta } from '../shell/meta.js'
import { asked, clock, tick } from '../shell/time.js'
import { ExporterTable } from './exporter-table.js'
import { exportersOf, type Totals, totalsOf } from './exporters.js'
import { NoReports } from './no-reports.js'
import { meaningOf } from './reasons.js'

/** In ticks, which are seconds: reports come once a minute. */
const EVERY = 10

/** What became of the rows that exporters were given, as they report it themselves. */
export function Health(): VNode {
  const known = meta.value
  const hasMetricTables = (known?.metricTables.length ?? 0) > 0
  const { answer, error, again } = useAnswer(
    'health',
    hasMetricTables ? asked.value : undefined,
    Math.floor(tick.value / EVERY),
  )
  if (!known) return html`<${Loading} what="the health of exporters" />`
  if (!hasMetricTables) return html`<${NoReports} hasMetricTables=${false} />`
  if (error) return html`<${ErrorState} error=${error} retry=${again} />`
  if (!answer) return html`<${Loading} what="the health of exporters" />`
  if (answer.rows.length === 0) return html`<${NoReports} hasMetricTables=${true} />`
  const exporters = exportersOf(answer.rows, clock.value)
  const totals = totalsOf(exporters)
  return html`<div class="page">
    <header class="page-head"><h1>Export health</h1></header>
    <${Verdict} totals=${totals} />
    <section>
      <h2>Processes and destinations</h2>
      <${ExporterTable} exporters=${exporters} />
      <p class="muted note">Counts are since the start of each process, or since the start of the time range if it reports changes.</p>
    </section>
    ${totals.reasons.length > 0 && html`<${Reasons} reasons=${totals.reasons} />`}
  </div>`
}

function Verdict({ totals }: { readonly totals: Totals }): VNode {
  const { processes, delivered, dropped, waiting, failedAttempts } = totals
  const facts: readonly (readonly [string, number, boolean])[] = [
    ['Delivered', delivered, false],
    ['Dropped', dropped, dropped > 0],
    ['Waiting', waiting, false],
    ['Attempts failed', failedAttempts, false],
  ]
  return html`<section class=${dropped > 0 ? 'verdict dropped' : 'verdict'} aria-label="All exporters">
    <p class="verdict-text">${
      dropped > 0
        ? `${counted(dropped, 'row was', 'rows were')} dropped.`
        : waiting > 0
          ? 'No row was dropped, and some are waiting.'
          : 'Every row has arrived.'
    } <span class="muted">${counted(processes, 'process reports', 'processes report')}.</span></p>
    <dl class="facts">
      ${facts.map(
        ([name, value, isBad]) =>
          html`<div key=${name}><dt>${name}</dt><dd class=${isBad ? 'bad' : ''}>${countText(value)}</dd></div>`,
      )}
    </dl>
  </section>`
}

function Reasons({ reasons }: { readonly reasons: Totals['reasons'] }): VNode {
  return html`<section>
    <h2>Why rows were dropped</h2>
    <dl class="reasons">
      ${reasons.map(
        ({ reason, rows }) => html`<div key=${reason}>
          <dt><code>${reason}</code><b>${counted(rows, 'row')}</b></dt>
          <dd class="muted">${meaningOf(reason)}</dd>
        </div>`,
      )}
    </dl>
  </section>`
}
