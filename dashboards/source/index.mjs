// All dashboards, by the path of their files in dashboards/.

import { errors } from './errors.mjs'
import { exporters } from './exporters.mjs'
import { k6 } from './k6.mjs'
import { map } from './map.mjs'
import { service } from './service.mjs'
import { services } from './services.mjs'
import { slowest } from './slowest.mjs'
import { trace } from './trace.mjs'

const OF_A_SCHEMA = { services, map, service, trace, slowest, errors, exporters }

export function allDashboards() {
  const ofSchemas = ['flat', 'otel'].flatMap((family) =>
    Object.entries(OF_A_SCHEMA).map(([name, make]) => [`${family}/${name}.json`, make(family)]),
  )
  return Object.fromEntries([...ofSchemas, ['k6.json', k6()]])
}

export const textOf = (dashboard) => `${JSON.stringify(dashboard, null, 2)}\n`
