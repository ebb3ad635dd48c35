import { harmless } from '@spanhouse/queries'
import type { Ref } from 'preact'
import { useMemo } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { Popover } from '../common/popover.js'
import { countText } from '../common/text.js'
import { NO_NOISE, noiseText, scopesOf } from './noise.js'
import type { Waterfall } from './use-waterfall.js'

export interface ToolbarProps {
  readonly waterfall: Waterfall
  readonly search: Ref<HTMLInputElement>
  /** Gives the focus back to the rows. */
  readonly onDone: () => void
}

/** Search within the trace, levels, the filter of noise, and the critical path. */
export function Toolbar({ waterfall, search, onDone }: ToolbarProps): VNode {
  return html`<div class="tv-toolbar" role="toolbar" aria-label="Waterfall">
    <${Find} waterfall=${waterfall} search=${search} onDone=${onDone} />
    <${Levels} waterfall=${waterfall} />
    <${NoiseMenu} waterfall=${waterfall} />
    <button
      type="button"
      class="button"
      aria-label="Critical path"
      aria-pressed=${waterfall.showsCritical}
      title="The spans that decide when the trace ends (p)"
      onClick=${() => waterfall.setCritical(!waterfall.showsCritical)}
    ><span class="tv-critical" aria-hidden="true"></span><span>Critical<span class="tv-wide"> path</span></span></button>
  </div>`
}

function Find({ waterfall, search, onDone }: ToolbarProps): VNode {
  const { find, found, node } = waterfall
  const at = node?.kind === 'span' ? found.indexOf(node.span.index) : -1
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter') waterfall.nextFound(event.shiftKey ? -1 : 1)
    else if (event.key === 'Escape') {
      waterfall.setFind('')
      onDone()
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
  return html`<div class="tv-find" role="search">
    <${Icon} name="search" />
    <input
      ref=${search}
      class="tv-find-text"
      type="text"
      value=${find}
      aria-label="Search in this trace"
      placeholder="Search names and values"
      autocomplete="off"
      spellcheck=${false}
      onInput=${(event: Event) => waterfall.setFind((event.target as HTMLInputElement).value)}
      onKeyDown=${onKeyDown}
    />
    <span class="tv-find-count" role="status">${
      find === ''
        ? ''
        : found.length === 0
          ? 'none'
          : `${at < 0 ? '–' : countText(at + 1)} / ${countText(found.length)}`
    }</span>
    <button type="button" class="button quiet" aria-label="Previous match" disabled=${found.length === 0} onClick=${() => waterfall.nextFound(-1)}><${Icon} name="up" /></button>
    <button type="button" class="button quiet" aria-label="Next match" disabled=${found.length === 0} onClick=${() => waterfall.nextFound(1)}><${Icon} name="down" /></button>
  </div>`
}

function Levels({ waterfall }: { readonly waterfall: Waterfall }): VNode {
  const option = (text: string, key: string, by: number | 'more' | 'less') =>
    html`<button type="button" class="option" onClick=${() => waterfall.level(by)}>${text}<kbd>${key}</kbd></button>`
  return html`<${Popover} label="Open and close levels" face=${html`<span>Levels</span><${Icon} name="down" />`}>
    ${() => html`<div class="tv-menu">
      ${option('Open all', 'L', Infinity)}
      ${option('One level more', ']', 'more')}
      ${option('One level less', '[', 'less')}
      ${option('Close all', 'H', 1)}
    </div>`}
  <//>`
}

const SHORT_NS = [
  [0, 'Any duration'],
  [1e5, 'Shorter than 100 µs'],
  [1e6, 'Shorter than 1 ms'],
  [1e7, 'Shorter than 10 ms'],
  [1e8, 'Shorter than 100 ms'],
] as const

function NoiseMenu({ waterfall }: { readonly waterfall: Waterfall }): VNode {
  const { noise, filtered, trace } = waterfall
  const isOn = noiseText(noise) !== ''
  const hidden = filtered?.hiddenSpans ?? 0
  const face = html`<span>${isOn ? `${countText(hidden)} hidden` : 'Hide noise'}</span><${Icon} name="down" />`
  return html`<${Popover} label=${isOn ? `Hide noise: ${countText(hidden)} spans are hidden` : 'Hide noise'} face=${face} class=${isOn ? 'is-on' : ''}>
    ${() => html`<div class="tv-noise">
      <label class="tv-check">
        <input type="checkbox" checked=${noise.internal} onChange=${() => waterfall.setNoise({ ...noise, internal: !noise.internal })} />
        Internal spans
      </label>
      <select
        class="select"
        aria-label="Hide short spans"
        onChange=${(event: Event) => waterfall.setNoise({ ...noise, shorterNs: Number((event.target as HTMLSelectElement).value) })}
      >
        ${SHORT_NS.map(([ns, text]) => html`<option value=${ns} selected=${noise.shorterNs === ns}>${text}</option>`)}
      </select>
      <${Scopes} waterfall=${waterfall} trace=${trace} />
      <p class="muted">Failed spans stay, and so do those that others are in.</p>
      ${isOn && html`<button type="button" class="button" onClick=${() => waterfall.setNoise(NO_NOISE)}>Show everything</button>`}
    </div>`}
  <//>`
}

const MOST_SCOPES = 40

function Scopes({
  waterfall,
  trace,
}: {
  readonly waterfall: Waterfall
  readonly trace: Waterfall['trace']
}): VNode | null {
  const scopes = useMemo(() => scopesOf(trace), [trace])
  const { noise } = waterfall
  if (scopes.length < 2 && noise.scopes.length === 0) return null
  const toggle = (scope: string) =>
    waterfall.setNoise({
      ...noise,
      scopes: noise.scopes.includes(scope)
        ? noise.scopes.filter((one) => one !== scope)
        : [...noise.scopes, scope],
    })
  return html`<fieldset class="tv-scopes">
    <legend>Spans of an instrumentation</legend>
    ${scopes.slice(0, MOST_SCOPES).map(
      ([scope, spans]) => html`<label class="tv-check" key=${scope}>
        <input type="checkbox" checked=${noise.scopes.includes(scope)} onChange=${() => toggle(scope)} />
        <span class="tv-scope" title=${harmless(scope, 200)}>${harmless(scope, 100).replace('@opentelemetry/instrumentation-', '') || '(no scope)'}</span>
        <span class="muted">${countText(spans)}</span>
      </label>`,
    )}
  </fieldset>`
}
