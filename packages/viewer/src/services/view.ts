import type { View } from '../shell/shell.js'
import { Service } from './service.js'
import { Services } from './services.js'

export const servicesView: View = {
  title: () => 'Services',
  component: Services,
  help: [
    {
      title: 'Map',
      lines: [
        ['← ↑ → ↓', 'Go to the next service'],
        ['Enter', 'Show only its calls'],
        ['Esc', 'Show all again'],
      ],
    },
  ],
}

export const serviceView: View = {
  title: (route) => (route.view === 'service' ? route.service : 'Service'),
  component: Service,
}
