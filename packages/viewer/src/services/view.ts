import { html, type VNode } from '../common/html.js'
import { Empty } from '../common/states.js'
import type { View } from '../shell/shell.js'

export const servicesView: View = {
  title: () => 'Services',
  component: (): VNode => html`<${Empty} title="Services" />`,
}

export const serviceView: View = {
  title: (route) => (route.view === 'service' ? route.service : 'Service'),
  component: (): VNode => html`<${Empty} title="A service" />`,
}
