import { harmless, LEVELS } from '@spanhouse/queries'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { counted, countText } from '../common/text.js'
import { NARROW, useMedia } from '../common/use-media.js'
import { change, parameter } from '../shell/address.js'
import { meta } from '../shell/meta.js'
import { filtered, levelNamed } from './log-filter.js'
import { LogList } from './log-list.js'
import type { Logs } from './logs.js'
import type { Waterfall } from './use-waterfall.js'

const FEW = 200

export interface TraceLogsProps {
  readonly logs: Logs
  readonly waterfall: Waterfall
  readonly isWaiting: boolean
}

/** The logs of a trace, below its waterfall. They are open at first if there are any, and there is room. */
export function TraceLogs({ logs, waterfall, isWaiting }: TraceLogsProps): VNode {
  const isOpen = useOpenLogs(logs)
  const { lines, truncated } = logs
  const filter = { least: levelNamed(parameter('level')), text: parameter('logs') }
  const shown = filtered(lines, filter)
  const isFiltered = shown.length < lines.length
  const severe = filtered(lines, { least: 'error', text: '' }).length
  return html`<section class=${`lg${isOpen ? ' is-open' : ''}`} aria-label="Logs">
    <div class="lg-head">
      <button type="button" class="lg-toggle" aria-expanded=${isOpen} onClick=${() => toggleLogs(isOpen)}>
        <${Icon} name=${isOpen ? 'down' : 'right'} /> <b>Logs</b>
        <span class="muted">${summaryOf(logs, shown.length, isFiltered)}</span>
        ${severe > 0 && html`<span class="lg-errors">${counted(severe, 'error')}</span>`}
      </button>
      ${isOpen && lines.length > 0 && html`<${Filter} least=${filter.least ?? ''} text=${filter.text} />`}
    </div>
    ${
      isOpen &&
      html`<div class="lg-body-of-panel">
        ${truncated && html`<p class="tv-note" role="status">Only the first ${counted(lines.length, 'line')} are here: the trace has more.</p>`}
        ${
          lines.length === 0
            ? html`<${NoLogs} logs=${logs} isWaiting=${isWaiting} />`
            : shown.length === 0
              ? html`<p class="lg-none" role="status">No line has this level and text.</p>`
              : html`<${LogList} lines=${shown} waterfall=${waterfall} label="Log lines" few=${FEW} selects=${true} />`
        }
      </div>`
    }
  </section>`
}

/** Whether the logs are open: as the address says, else as there is something to see. */
export function useOpenLogs({ lines }: Logs): boolean {
  const isNarrow = useMedia(NARROW)
  const said = parameter('log')
  return said === '' ? lines.length > 0 && !isNarrow : said === 'open'
}

export function toggleLogs(isOpen: boolean): void {
  change({ log: isOpen ? 'closed' : 'open' }, { replace: true })
}

function summaryOf({ lines, isKnown, error }: Logs, shown: number, isFiltered: boolean): string {
  if (isFiltered) return `${countText(shown)} of ${counted(lines.length, 'line')}`
  if (lines.length > 0) return counted(lines.length, 'line')
  if (error) return 'cannot be read'
  if (!isKnown) return '…'
  return meta.value?.logTables.length === 0 ? 'no table of logs' : 'none of this trace'
}

interface FilterProps {
  readonly least: string
  readonly text: string
}

function Filter({ least, text }: FilterProps): VNode {
  const set = (name: 'level' | 'logs') => (event: Event) =>
    change({ [name]: (event.target as HTMLInputElement).value }, { replace: true })
  return html`<div class="lg-filter">
    <select class="select" aria-label="Least level" value=${least} onChange=${set('level')}>
      <option value="">All levels</option>
      ${LEVELS.map((level) => html`<option value=${level}>${level === 'fatal' ? 'fatal' : `${level} and above`}</option>`)}
    </select>
    <input class="input" type="search" aria-label="Filter the lines" placeholder="Filter the lines" value=${text} onInput=${set('logs')} />
  </div>`
}

/** Why there are none, and what to do. */
function NoLogs({ logs, isWaiting }: Pick<TraceLogsProps, 'logs' | 'isWaiting'>): VNode {
  const { error, isKnown, again } = logs
  if (error)
    return html`<div class="lg-none" role="alert">
      <p>${error.message} ${error.fix ?? ''}</p>
      <p><button type="button" class="button small" onClick=${again}>Try again</button></p>
    </div>`
  if (!isKnown) return html`<p class="lg-none" role="status">Loading the logs …</p>`
  const tables = meta.value?.logTables ?? []
  if (tables.length === 0)
    return html`<div class="lg-none">
      <p>This ClickHouse has no table of logs. Set <code>OTEL_LOGS_EXPORTER=clickhouse</code> for the application: the exporter creates the table with the first log record. <code>spanhouse ddl --signal logs</code> prints its statement.</p>
    </div>`
  return html`<div class="lg-none">
    <p>${isWaiting ? 'No line of this trace has come yet. This page asks again by itself.' : `No line of this trace is in ${harmless(tables.join(', '), 300)}.`}</p>
    <p class="muted">A line belongs to a trace if it was written while one of its spans was active, by a logger that is connected with OpenTelemetry (the instrumentations of pino, winston and bunyan do that), in an application with <code>OTEL_LOGS_EXPORTER=clickhouse</code>.</p>
  </div>`
}
