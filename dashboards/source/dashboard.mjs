// Puts panels into the grid and makes a whole dashboard of them.

const GRID = 24

/** From left to right, and in a new row where there is no more room. */
function placed(panels) {
  let x = 0
  let y = 0
  let rowHeight = 0
  return panels.map(({ size: { w, h }, ...panel }, index) => {
    if (x + w > GRID) {
      x = 0
      y += rowHeight
      rowHeight = 0
    }
    const gridPos = { x, y, w, h }
    x += w
    rowHeight = Math.max(rowHeight, h)
    return { id: index + 1, gridPos, ...panel }
  })
}

/** The `uid` of a dashboard: links need it. */
export const uid = (family, name) => `spanhouse-${family === 'k6' ? 'k6' : `${family}-${name}`}`

/** The address of another dashboard of the same schema, with the same tables and time range. */
export function linkTo(family, name, tables, variables) {
  const same = ['datasource', ...tables].map((variable) => `\${${variable}:queryparam}`)
  const own = Object.entries(variables).map(([variable, value]) => `var-${variable}=${value}`)
  return `/d/${uid(family, name)}?${[...same, ...own].join('&')}&\${__url_time_range}`
}

const SCHEMAS = { flat: 'flat', otel: 'the Collector’s', k6: 'k6' }

export function dashboard(
  family,
  name,
  { title, description, variables, panels, from = 'now-1h' },
) {
  return {
    uid: uid(family, name),
    title: family === 'otel' ? `${title} (otel)` : title,
    description: `${description} Schema: ${SCHEMAS[family]}.`,
    tags: ['spanhouse', family],
    schemaVersion: 41,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '',
    timezone: '',
    time: { from, to: 'now' },
    links: [
      {
        type: 'dashboards',
        title: 'spanhouse',
        tags: ['spanhouse', family],
        asDropdown: true,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
        icon: 'external link',
        tooltip: '',
        url: '',
      },
    ],
    annotations: { list: [] },
    templating: { list: variables },
    panels: placed(panels),
  }
}
