import { useState } from 'preact/hooks'
import { useAnswer } from '../api/use-answer.js'
import { html, type VNode } from '../common/html.js'
import { counted } from '../common/text.js'
import { parameter } from '../shell/address.js'
import { LogLine } from './log-line.js'

const MOST = 200

/** The log lines of a trace of which no span is there: it may not have been sampled. */
export function LoneLogs({ id }: { readonly id: string }): VNode | null {
  const { answer } = useAnswer('logs', { id, table: parameter('table') })
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set())
  const rows = answer?.rows ?? []
  const [first] = rows
  if (!first) return null
  const toggle = (number: number) => {
    const next = new Set(opened)
    if (!next.delete(number)) next.add(number)
    setOpened(next)
  }
  return html`<section class="lg-lone" aria-label="Logs">
    <h2>${counted(rows.length, 'log line')} of this trace</h2>
    <ol class="lg-lines" aria-label="Log lines">
      ${rows.slice(0, MOST).map((row, number) => {
        const line = { row, number, atNs: (row.time_us - first.time_us) * 1000 }
        return html`<${LogLine} key=${number} line=${line} isOpen=${opened.has(number)} onToggle=${() => toggle(number)} />`
      })}
    </ol>
    ${rows.length > MOST && html`<p class="muted">These are the first ${MOST}.</p>`}
  </section>`
}
