import type { Trace } from '@spanhouse/queries'
import { CopyButton } from '../common/copy-button.js'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { Popover } from '../common/popover.js'
import { traceCopies } from './copies.js'

/** The trace for an issue or a prompt, for a program, and as the query that it came from. */
export function CopyMenu({ trace, sql }: { readonly trace: Trace; readonly sql: string }): VNode {
  const copies = traceCopies(trace, sql)
  const face = html`<${Icon} name="copy" /><span>Copy</span>`
  return html`<${Popover} label="Copy this trace" face=${face}>
    ${() => html`<div class="tv-menu">
      <${CopyButton} class="option" label="As Markdown" text=${copies.markdown} />
      <${CopyButton} class="option" label="As JSON" text=${copies.json} />
      <${CopyButton} class="option" label="SQL" text=${copies.sql} />
      <${CopyButton} class="option" label="Link to this view" text=${() => location.href} />
    </div>`}
  <//>`
}
