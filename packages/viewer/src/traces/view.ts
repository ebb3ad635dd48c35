import { html, type VNode } from '../common/html.js'
import { Empty } from '../common/states.js'
import type { View } from '../shell/shell.js'

export const tracesView: View = {
  title: () => 'Traces',
  component: (): VNode => html`<${Empty} title="Traces" />`,
}
