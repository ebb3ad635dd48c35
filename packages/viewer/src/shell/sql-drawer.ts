import { signal } from '@preact/signals'
import { statements } from '../api/statements.js'
import { CopyButton } from '../common/copy-button.js'
import { Dialog } from '../common/dialog.js'
import { html, type VNode } from '../common/html.js'
import { counted, countText } from '../common/text.js'
import { linkTo } from './address.js'
import { meta } from './meta.js'

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
    ${
      all.length > 0 &&
      html`<span class="foot-cost">
        ${`${counted(all.length, 'query', 'queries')} · ${Math.round(slowestMs)} ms · ${countText(rowsRead)} rows read`}
      </span>
      <button type="button" class="button quiet" onClick=${open}>Show SQL</button>`
    }
  </footer>`
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
            ${`${counted(rows, 'row')} · ${Math.round(elapsedMs)} ms · ${countText(rowsRead)} rows read`}
          </span>
          <a class="button" href=${linkTo({ view: 'sql' }, { sql })} onClick=${close}>Open in SQL</a>
          <${CopyButton} label="Copy" text=${() => sql} />
        </header>
        <pre class="sql" tabindex="0">${sql}</pre>
      </section>`,
    )}
  <//>`
}
