import type { Trace } from '@spanhouse/queries'
import { CopyButton } from '../common/copy-button.js'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { Popover } from '../common/popover.js'
import { traceCopies } from './copies.js'
import type { Logs } from './logs.js'

interface CopyMenuProps {
  readonly trace: Trace
  readonly logs: Logs
  readonly sql: string
}

/** The trace for an issue or a prompt, for a program, and as the query that it came from. */
export function CopyMenu({ trace, logs, sql }: CopyMenuProps): VNode {
  const copies = traceCopies(trace, sql, logs)
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
