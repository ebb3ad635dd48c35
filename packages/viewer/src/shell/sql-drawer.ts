import { signal } from '@preact/signals'
import { statements } from '../api/statements.js'
import { waitingMs } from '../api/waiting.js'
import { CopyButton } from '../common/copy-button.js'
import { Dialog } from '../common/dialog.js'
import { html, type VNode } from '../common/html.js'
import { counted } from '../common/text.js'
import { linkTo } from './address.js'
import { meta } from './meta.js'
import { clock } from './time.js'

const isOpen = signal(false)

/** The line at the foot of the page: what the view has cost, and the way to its SQL. */
export function Foot(): VNode {
  const all = [...statements.value.values()]
  const slowestMs = Math.max(0, ...all.map(({ elapsedMs }) => elapsedMs))
  const rowsRead = all.reduce((sum, one) => sum + one.rowsRead, 0)
  const { server, version } = meta.value ?? {}
  const open = () => {
    isOpen.value = true
  }
  return html`<footer class="foot">
    ${server && html`<span class="foot-server">${`ClickHouse ${server.version} · ${server.url}`}</span>`}
    <span class="foot-version">${version && `spanhouse ${version}`}</span>
    <${Waiting} />
    ${
      all.length > 0 &&
      html`<span class="foot-cost">
        ${`${counted(all.length, 'query', 'queries')} · ${Math.round(slowestMs)} ms · ${counted(rowsRead, 'row')} read`}
      </span>
      <button type="button" class="button quiet" onClick=${open}>Show SQL</button>`
    }
  </footer>`
}

/** From here on a silent server is not just slow. */
const LONG_MS = 5000

/** While the server says nothing, what is shown grows old. */
function Waiting(): VNode {
  const seconds = clock.value > 0 ? Math.floor(waitingMs() / 1000) : 0
  return html`<span class="foot-waiting" role="status">${seconds * 1000 >= LONG_MS && 'Waiting for ClickHouse …'}</span>`
}

/** Every statement behind the present view. */
export function SqlDrawer(): VNode | null {
  if (!isOpen.value) return null
  const close = () => {
    isOpen.value = false
  }
  return html`<${Dialog} title="The SQL of this view" onClose=${close} class="drawer">
    ${[...statements.value].map(
      ([name, { sql, elapsedMs, rowsRead, rows }]) => html`<section class="statement" key=${name}>
        <header class="statement-head">
          <h3>${name}</h3>
          <span class="muted">
            ${`${counted(rows, 'row')} · ${Math.round(elapsedMs)} ms · ${counted(rowsRead, 'row')} read`}
          </span>
          <a class="button" href=${linkTo({ view: 'sql' }, { sql })} onClick=${close}>Open in SQL</a>
          <${CopyButton} label="Copy" text=${() => sql} />
        </header>
        <pre class="sql" tabindex="0">${sql}</pre>
      </section>`,
    )}
  <//>`
}
