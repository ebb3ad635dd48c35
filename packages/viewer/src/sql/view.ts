import { html, type VNode } from '../common/html.js'
import { Empty } from '../common/states.js'
import type { View } from '../shell/shell.js'

export const sqlView: View = {
  title: () => 'SQL',
  component: (): VNode => html`<${Empty} title="SQL" />`,
}
