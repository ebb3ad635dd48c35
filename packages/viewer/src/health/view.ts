import { html, type VNode } from '../common/html.js'
import { Empty } from '../common/states.js'
import type { View } from '../shell/shell.js'

export const healthView: View = {
  title: () => 'Health',
  component: (): VNode => html`<${Empty} title="Health" />`,
}
