import { useState } from 'preact/hooks'
import type { SqlAnswer } from '../api/answers.js'
import { html, type VNode } from '../common/html.js'
import type { Failure } from '../common/result.js'
import { Empty } from '../common/states.js'
import { counted } from '../common/text.js'
import { type Chart, chooseChart } from './chart.js'
import { CopyAs } from './copy-as.js'
import { positionIn } from './position.js'
import { ResultChart } from './result-chart.js'
import { ResultTable } from './result-table.js'
import type { Run } from './state.js'

export interface SqlOutcomeProps {
  readonly run: Run
  /** Called with the place in the statement that an error speaks of. */
  readonly onPosition: (offset: number) => void
}

export function SqlOutcome({ run, onPosition }: SqlOutcomeProps): VNode {
  switch (run.state) {
    case 'idle':
      return html`<${Start} />`
    case 'running':
      return html`<p class="loading" role="status">Running …</p>`
    case 'failed':
      return html`<${Failed} sql=${run.sql} error=${run.error} onPosition=${onPosition} />`
    case 'done':
      return html`<${Done} key=${run.sql} answer=${run.answer} />`
  }
}

function Start(): VNode {
  return html`<${Empty} title="Ask ClickHouse anything">
    <p>Write a statement and run it with <kbd>Ctrl</kbd> <kbd>Enter</kbd>, or begin with the query of a view and change it.</p>
    <p>A result with a time and numbers can be shown as lines, one with a text and a number as bars. Ids of traces become links.</p>
  <//>`
}

interface FailedProps {
  readonly sql: string
  readonly error: Failure
  readonly onPosition: (offset: number) => void
}

function Failed({ sql, error, onPosition }: FailedProps): VNode {
  const at = positionIn(error.message, sql)
  return html`<section class="sql-error" role="alert">
    <h2>${error.message}</h2>
    ${error.fix && html`<p>${error.fix}</p>`}
    ${
      at &&
      html`<pre class="sql" tabindex="0">${at.excerpt}</pre>
        <p><button type="button" class="button" onClick=${() => onPosition(at.offset)}>${`Go to line ${at.line}, column ${at.column}`}</button></p>`
    }
  </section>`
}

function Done({ answer }: { readonly answer: SqlAnswer }): VNode {
  const { columns, rows, truncated, elapsedMs, rowsRead } = answer
  const chart = chooseChart(columns, rows)
  const [asChart, setAsChart] = useState(chart?.kind === 'lines')
  // One row can be longer than all that an answer may have.
  const isTooLong = truncated && rows.length === 0
  const count = isTooLong
    ? 'The first row is too long to be shown'
    : truncated
      ? `The first ${counted(rows.length, 'row')}; there are more`
      : counted(rows.length, 'row')
  return html`<section class="sql-result" aria-label="Result">
    <header class="sql-result-head">
      <span role="status"><b>${count}</b> <span class="muted">${`${Math.round(elapsedMs)} ms · ${counted(rowsRead, 'row')} read`}</span></span>
      ${chart && html`<${ShowAs} asChart=${asChart} onChange=${setAsChart} />`}
      ${columns.length > 0 && html`<${CopyAs} table=${answer} />`}
    </header>
    ${
      rows.length === 0
        ? html`<p class="muted">${isTooLong ? 'Select less of its values, such as left(value, 1000).' : columns.length > 0 ? 'The statement ran, and its result has no rows.' : 'The statement ran. It has no result.'}</p>`
        : chart && asChart
          ? html`<${ResultChart} chart=${chart as Chart} />`
          : html`<${ResultTable} columns=${columns} rows=${rows} />`
    }
  </section>`
}

interface ShowAsProps {
  readonly asChart: boolean
  readonly onChange: (asChart: boolean) => void
}

function ShowAs({ asChart, onChange }: ShowAsProps): VNode {
  const one = (text: string, is: boolean) =>
    html`<button type="button" class="segment" aria-pressed=${asChart === is} onClick=${() => onChange(is)}>${text}</button>`
  return html`<div class="segments" role="group" aria-label="Show as">${one('Chart', true)}${one('Table', false)}</div>`
}
