import type { TraceRow } from '@spanhouse/queries'
import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import { agoText, counted, dateTimeText, durationText } from '../common/text.js'
import { linkTo } from '../shell/address.js'

export interface TraceLineProps {
  readonly trace: TraceRow
  readonly nowUs: number
  /** Of the longest trace that is listed. */
  readonly longestNs: number
  readonly isFresh: boolean
}

/** Services beyond these are counted. */
const SHOWN_SERVICES = 3

/** One trace in the list. The whole row is a link. */
export function TraceLine({ trace, nowUs, longestNs, isFresh }: TraceLineProps): VNode {
  const { trace_id, root_service, root_name, has_root, services, spans, errors } = trace
  const others = services.filter((service) => service !== root_service)
  const share = longestNs > 0 ? Math.max(0.01, trace.duration_ns / longestNs) : 0
  return html`<a
    class=${`trace-row${errors > 0 ? ' has-errors' : ''}${isFresh ? ' is-fresh' : ''}`}
    href=${linkTo({ view: 'trace', id: trace_id }, { around: Math.round(trace.start_us) })}
    data-trace=${trace_id}
  >
    <span class="trace-root">
      <span class=${`service-name ${serviceClass(root_service)}`}>
        <span class="service-dot" aria-hidden="true"></span>${root_service || '(no service)'}
      </span>
      <span class="trace-name" title=${root_name}>${root_name || '(no name)'}</span>
      ${!has_root && html`<span class="tag" title="The first span of this trace has not arrived, or it is not in this table.">no root</span>`}
    </span>
    <span class="trace-services">
      ${others.slice(0, SHOWN_SERVICES).map(
        (
          service,
        ) => html`<span class=${`service-name small ${serviceClass(service)}`} key=${service}>
          <span class="service-dot" aria-hidden="true"></span>${service}
        </span>`,
      )}
      ${
        others.length > SHOWN_SERVICES &&
        html`<span class="muted" title=${others.slice(SHOWN_SERVICES).join(', ')}>+${others.length - SHOWN_SERVICES}</span>`
      }
    </span>
    <span class="trace-spans">${counted(spans, 'span')}</span>
    <span class="trace-errors">${errors > 0 && html`<span class="error-count">${counted(errors, 'error')}</span>`}</span>
    <span class="trace-duration">
      <span class=${`duration-bar ${serviceClass(root_service)}`} aria-hidden="true">
        <span style=${{ transform: `scaleX(${share})` }}></span>
      </span>
      <span class="duration-text">${durationText(trace.duration_ns)}</span>
    </span>
    <time class="trace-time" title=${dateTimeText(trace.start_us)} datetime=${isoText(trace.start_us)}>
      ${agoText(trace.start_us, nowUs)}
    </time>
  </a>`
}

/** A clock can be so wrong that its time is no date. */
function isoText(us: number): string | undefined {
  const date = new Date(us / 1000)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
