import { html, type VNode } from '../common/html.js'
import { Empty } from '../common/states.js'
import type { View } from '../shell/shell.js'

export const traceView: View = {
  title: (route) => (route.view === 'trace' ? `Trace ${route.id.slice(0, 8)}` : 'Trace'),
  component: (): VNode => html`<${Empty} title="A trace" />`,
}

export const compareView: View = {
  title: () => 'Two traces',
  component: (): VNode => html`<${Empty} title="Two traces" />`,
}
