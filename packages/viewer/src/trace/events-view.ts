import { harmless, harmlessLines, type SpanEvent, type TraceSpan } from '@spanhouse/queries'
import { useState } from 'preact/hooks'
import { CopyButton } from '../common/copy-button.js'
import { html, type VNode } from '../common/html.js'
import { counted, durationText } from '../common/text.js'
import { eventNs } from './bar.js'
import { Pairs } from './pairs-view.js'
import { stackLines } from './stack.js'

const FEW = 50
const OF_EXCEPTIONS = ['exception.type', 'exception.message', 'exception.stacktrace']

/** What a span recorded while it ran. Exceptions with their stacks. */
export function Events({ span }: { readonly span: TraceSpan }): VNode {
  const [showsAll, showAll] = useState(false)
  const { events } = span.row
  const shown = showsAll ? events : events.slice(0, FEW)
  return html`<ol class="sp-events">
      ${shown.map((event, number) => html`<${OneEvent} key=${number} span=${span} event=${event} />`)}
    </ol>
    ${
      shown.length < events.length &&
      html`<button type="button" class="button small" onClick=${() => showAll(true)}>
        Show ${counted(events.length - shown.length, 'more event')}
      </button>`
    }`
}

function OneEvent({ span, event }: { readonly span: TraceSpan; readonly event: SpanEvent }): VNode {
  const isException = event.name === 'exception'
  const entries = Object.entries(event.attributes)
  const others = isException ? entries.filter(([key]) => !OF_EXCEPTIONS.includes(key)) : entries
  const atNs = eventNs(span, event)
  const title = `${durationText(atNs - span.startNs)} after the start of the span`
  return html`<li class=${`sp-event${isException ? ' is-exception' : ''}`}>
    <div class="sp-event-head">
      <span class="sp-event-name">${harmless(event.name, 300) || '(no name)'}</span>
      <span class="muted" title=${title}>+${durationText(atNs)}</span>
    </div>
    ${isException && html`<${Exception} attributes=${event.attributes} />`}
    ${others.length > 0 && html`<${Pairs} entries=${others} searchOf=${noSearch} />`}
  </li>`
}

/** The search box looks at attributes of spans, not of events. */
const noSearch = () => undefined

function Exception({ attributes }: { readonly attributes: SpanEvent['attributes'] }): VNode {
  const [type, message, stack = ''] = OF_EXCEPTIONS.map((key) => attributes[key] ?? '')
  const text = [type, message].filter(Boolean).join(': ')
  return html`<p class="sp-exception">${harmlessLines(text, 5000).join('\n') || 'An exception without a message'}</p>
    ${stack !== '' && html`<${Stack} stack=${stack} head=${text} />`}`
}

const FEW_LINES = 30

function Stack({ stack, head }: { readonly stack: string; readonly head: string }): VNode {
  const [showsAll, showAll] = useState(false)
  const all = stackLines(stack)
  // Node.js repeats the message before the frames.
  const lines = all[0]?.text === head ? all.slice(1) : all
  const shown = showsAll ? lines : lines.slice(0, FEW_LINES)
  return html`<pre class="sp-stack" tabindex="0" aria-label="Stack trace">${shown.map(
    ({ text, isForeign }) =>
      html`<span class=${isForeign ? 'is-foreign' : 'is-own'}>${text}${'\n'}</span>`,
  )}</pre>
    <div class="sp-row">
      ${
        shown.length < lines.length &&
        html`<button type="button" class="button small" onClick=${() => showAll(true)}>
          Show ${counted(lines.length - shown.length, 'more line')}
        </button>`
      }
      <${CopyButton} class="button small" label="Copy stack" text=${() => stack} />
    </div>`
}
