import * as grafana from '../../packages/queries/dist/esm/grafana.js'
import { dashboard, linkTo } from './dashboard.mjs'
import { nodeGraph } from './panels.mjs'
import { tables } from './variables.mjs'

export function map(family) {
  const url = linkTo(family, 'service', ['spans'], {
    service: '${__data.fields.title:percentencode}',
  })
  const colour = (fixedColor) => ({ color: { mode: 'fixed', fixedColor } })
  return dashboard(family, 'map', {
    title: 'Service map',
    description: 'Who calls whom, and the databases and other systems that send no spans.',
    variables: tables(family, 'spans'),
    panels: [
      nodeGraph(grafana.mapNodes(family), grafana.mapEdges(family), {
        title: 'Service map',
        description:
          'Requests a second and the duration that 95 % of them stay below. The red part of a circle is the share of errors; red lines have had errors.',
        width: 24,
        height: 22,
        overrides: {
          arc__ok: colour('green'),
          arc__errors: colour('red'),
          detail__errors: { displayName: 'Errors', unit: 'percentunit' },
          title: { links: [{ title: 'This service', url }] },
        },
      }),
    ],
  })
}
