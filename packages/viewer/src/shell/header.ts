import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { change, linkTo, parameter, route } from './address.js'
import { helpIsOpen } from './help.js'
import { meta } from './meta.js'
import { RangeControl } from './range-control.js'
import type { ViewName } from './route.js'
import { isLive, range, setLive } from './time.js'

interface Place {
  readonly text: string
  readonly view: 'traces' | 'services' | 'sql' | 'health'
  /** The views that belong to it. */
  readonly views: readonly ViewName[]
}

const PLACES: readonly Place[] = [
  { text: 'Traces', view: 'traces', views: ['traces', 'trace', 'compare'] },
  { text: 'Services', view: 'services', views: ['services', 'service'] },
  { text: 'SQL', view: 'sql', views: ['sql'] },
  { text: 'Health', view: 'health', views: ['health'] },
]

/** Views that do not depend on the time range. */
const TIMELESS: readonly ViewName[] = ['trace', 'compare', 'sql', 'unknown']

export function Header(): VNode {
  const { view } = route.value
  return html`<header class="header">
    <a class="brand" aria-label="spanhouse" href=${linkTo({ view: 'traces' })}><${Mark} /><span>spanhouse</span></a>
    <nav class="places" aria-label="Views">
      ${PLACES.map((place) => {
        const isCurrent = place.views.includes(view)
        return html`<a
          href=${linkTo({ view: place.view })}
          class="place"
          aria-current=${isCurrent ? (place.view === view ? 'page' : 'true') : undefined}
        >${place.text}</a>`
      })}
    </nav>
    <div class="header-controls">
      <${TableChooser} />
      ${!TIMELESS.includes(view) && html`<${RangeControl} /><${LiveSwitch} />`}
      <button
        type="button"
        class="button quiet help-button"
        aria-label="Keyboard and search help"
        onClick=${() => {
          helpIsOpen.value = true
        }}
      ><${Icon} name="help" /></button>
    </div>
  </header>`
}

function Mark(): VNode {
  return html`<svg class="mark" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <rect x="1" y="2" width="14" height="3" rx="1" />
    <rect x="4" y="6.5" width="8" height="3" rx="1" />
    <rect x="7" y="11" width="5" height="3" rx="1" />
  </svg>`
}

function TableChooser(): VNode | null {
  const known = meta.value
  if (!known || known.tables.length < 2) return null
  const names = known.tables.map(({ database, table }) => `${database}.${table}`)
  const chosen =
    parameter('table') || (known.table && `${known.table.database}.${known.table.table}`)
  const choose = (event: Event) => change({ table: (event.target as HTMLSelectElement).value })
  return html`<select class="select table-chooser" aria-label="Table" value=${chosen} onChange=${choose}>
    ${names.map((name) => html`<option value=${name} selected=${name === chosen}>${name}</option>`)}
  </select>`
}

/** A fixed range shows what has been, so it cannot be live: the switch goes to a range that ends now. */
function LiveSwitch(): VNode {
  const live = isLive.value
  const press = () => {
    if (range.value.kind === 'absolute')
      change({ range: '15m', from: undefined, to: undefined, live: undefined })
    else setLive(!live)
  }
  return html`<button
    type="button"
    role="switch"
    class="button live"
    aria-checked=${live}
    title=${live ? 'New traces appear by themselves' : 'Show new traces as they come'}
    onClick=${press}
  ><span class="live-dot" aria-hidden="true"></span>Live</button>`
}
