import { render } from 'preact'
import { html } from './common/html.js'
import { compareView } from './compare/view.js'
import { healthView } from './health/view.js'
import { servicesView, serviceView } from './services/view.js'
import { followHistory } from './shell/address.js'
import { followMeta } from './shell/meta.js'
import { Shell, type Views } from './shell/shell.js'
import { startClock } from './shell/time.js'
import { sqlView } from './sql/view.js'
import { traceView } from './trace/view.js'
import { tracesView } from './traces/view.js'

const views: Views = {
  traces: tracesView,
  trace: traceView,
  compare: compareView,
  services: servicesView,
  service: serviceView,
  sql: sqlView,
  health: healthView,
}

followHistory()
followMeta()
startClock()
const page = document.getElementById('page')
if (page) render(html`<${Shell} views=${views} />`, page)
