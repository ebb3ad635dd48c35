import { harmless, type Repeat } from '@spanhouse/queries'
import { html, type VNode } from '../common/html.js'
import { counted, durationText } from '../common/text.js'
import { dots, labelSide, type Place, placeOf, segmentsOf, strips } from './bar.js'
import type { Line } from './logs.js'
import type { TreeNode } from './nodes.js'
import type { Zoom } from './zoom.js'

/** The text of a group is long. */
const GROUP_LABEL_PERCENT = 45

export interface BarProps {
  readonly node: TreeNode
  /** Of the logs of its span. */
  readonly lines: readonly Line[] | undefined
  readonly zoom: Zoom
  readonly showsCritical: boolean
}

/** A row's bar on the time axis, with the critical path, its events and its duration. */
export function Bar({ node, lines = [], zoom, showsCritical }: BarProps): VNode {
  const { span, repeat, kind } = node
  if (kind === 'missing') return html`<div class="wf-time"></div>`
  const endNs = repeat
    ? segmentsOf(repeat.spans).reduce((a, b) => Math.max(a, b.toNs), 0)
    : span.endNs
  const place = placeOf(zoom, span.startNs, endNs)
  if (typeof place === 'string')
    return html`<div class="wf-time"><span class=${`wf-outside is-${place}`}>${place === 'before' ? '◂' : '▸'}</span></div>`
  const critical = !showsCritical
    ? []
    : repeat
      ? repeat.spans.flatMap((each) => each.critical)
      : span.critical
  const side = labelSide(place, repeat ? GROUP_LABEL_PERCENT : undefined)
  return html`<div class="wf-time">
    ${
      repeat
        ? html`<span class="wf-bar is-group" style=${percent(place)}></span>
            ${strips(zoom, segmentsOf(repeat.spans)).map((part) => html`<span class="wf-bar is-part" style=${percent(part)}></span>`)}`
        : html`<span class=${`wf-bar${span.row.status === 'error' ? ' is-error' : ''}`} style=${percent(place)}></span>`
    }
    ${strips(zoom, critical).map((part) => html`<span class="wf-critical" style=${percent(part)}></span>`)}
    ${
      !repeat &&
      dots(zoom, span, lines).map(
        ({ left, isException, isLog, names }) =>
          html`<span
            class=${`wf-dot${isException ? ' is-exception' : ''}${isLog ? ' is-log' : ''}`}
            style=${{ left: `${left}%` }}
            title=${names.map((name) => harmless(name, 100)).join(', ')}
          ></span>`,
      )
    }
    <span class=${`wf-label is-${side}${repeat?.sequential ? ' is-sequential' : ''}`} style=${labelStyle(place, side)}>
      ${repeat ? repeatWords(repeat) : durationText(span.row.duration_ns)}
      ${!repeat && span.row.events.length > 0 && html`<span class="visually-hidden">, ${counted(span.row.events.length, 'event')}</span>`}
      ${!repeat && lines.length > 0 && html`<span class="visually-hidden">, ${counted(lines.length, 'log line')}</span>`}
    </span>
  </div>`
}

/** `312 ms · one after another (N+1)`; in a narrow place `312 ms · N+1`. */
function repeatWords({ sequential, totalNs, wallNs }: Repeat): VNode | string {
  if (!sequential) return `${durationText(wallNs)} · side by side`
  return html`${durationText(totalNs)} · <span class="tv-wide">one after another (</span>N+1<span class="tv-wide">)</span>`
}

function percent({ left, width }: Place): Record<string, string> {
  return { left: `${left}%`, width: `${width}%` }
}

function labelStyle(place: Place, side: ReturnType<typeof labelSide>): Record<string, string> {
  if (side === 'right') return { left: `${place.left + place.width}%` }
  if (side === 'left') return { right: `${100 - place.left}%` }
  return { left: `${place.left}%` }
}
