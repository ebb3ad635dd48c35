import { harmless, type Trace } from '@spanhouse/queries'
import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import {
  agoText,
  counted,
  countText,
  dateTimeText,
  durationText,
  percentText,
} from '../common/text.js'
import { CompareMenu } from './compare-menu.js'
import { CopyMenu } from './copy-menu.js'
import type { Logs } from './logs.js'
import { Tools } from './pairs-view.js'
import { rootOf } from './root.js'
import type { Waterfall } from './use-waterfall.js'

export interface TraceHeaderProps {
  readonly id: string
  readonly waterfall: Waterfall
  readonly logs: Logs
  readonly sql: string
  readonly isWaiting: boolean
}

export function TraceHeader({ id, waterfall, logs, sql, isWaiting }: TraceHeaderProps): VNode {
  const { trace } = waterfall
  const root = rootOf(trace)?.row
  return html`<header class="tv-head">
    <div class="tv-title">
      <h1 class=${serviceClass(root?.service ?? '')}>
        <span class="tv-root-dot" aria-hidden="true"></span>
        <span class="tv-service">${harmless(root?.service ?? '', 100) || '(no service)'}</span> <span class="tv-root">${harmless(root?.name ?? '', 300) || '(no name)'}</span>
      </h1>
      <div class="tv-actions">
        <${CopyMenu} trace=${trace} logs=${logs} sql=${sql} />
        <${CompareMenu} trace=${trace} id=${id} />
      </div>
    </div>
    <dl class="tv-facts">
      <div class="tv-duration"><dt>Duration</dt><dd><strong>${durationText(trace.durationNs)}</strong></dd></div>
      <div class="tv-start"><dt>Start</dt><dd title=${agoText(trace.startUs, Date.now() * 1000)}>${dateTimeText(trace.startUs)}</dd></div>
      <div><dt>Spans</dt><dd>${countText(trace.spans.length)}${isWaiting && html`<span class="tv-live" title="More spans may be on their way"></span>`}</dd></div>
      <div><dt>Services</dt><dd>${countText(trace.services.length)}</dd></div>
      <div><dt>Errors</dt><dd>${
        trace.errors > 0
          ? html`<button type="button" class="tv-errors" title="Go to the next error (e)" onClick=${() => waterfall.nextError(1)}>${countText(trace.errors)}</button>`
          : '0'
      }</dd></div>
      <div class="tv-id"><dt>Trace</dt><dd class="mono">${harmless(id, 64)}<${Tools} label="trace id" value=${id} /></dd></div>
    </dl>
    <${Legend} trace=${trace} />
  </header>`
}

/** The colours of the services, and how the time is shared among them. */
function Legend({ trace }: { readonly trace: Trace }): VNode {
  const selfNs = trace.services.reduce((sum, service) => sum + service.selfNs, 0)
  return html`<ul class="tv-legend" aria-label="Services" tabindex="0">
    ${trace.services.map((service) => {
      const share = selfNs > 0 ? service.selfNs / selfNs : 0
      const title = `${counted(service.spans, 'span')}, ${counted(service.errors, 'error')}, ${durationText(service.selfNs)} of its own`
      return html`<li class=${serviceClass(service.name)} title=${title} key=${service.name}>
        <span class="wf-dot-of-service" aria-hidden="true"></span>
        ${harmless(service.name, 100) || '(no service)'}
        <span class="muted">${percentText(share)}</span>
        ${service.errors > 0 && html`<span class="wf-error">${countText(service.errors)}</span>`}
      </li>`
    })}
  </ul>`
}
