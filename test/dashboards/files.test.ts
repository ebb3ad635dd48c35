// The files of dashboards/, without a server: what they are made from, and what Grafana expects of them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DASHBOARDS, FOLDER, sqlOfVariable } from './kit/dashboards.js'

interface Source {
  readonly allDashboards: () => Record<string, unknown>
  readonly textOf: (dashboard: unknown) => string
}
const { allDashboards, textOf }: Source = await import(
  '../../dashboards/source/index.mjs' as string
)

const BUILT_IN = /^__|^timeFilter/

test('the files are what their description makes: after a change, npm run dashboards', () => {
  const made = allDashboards()
  expect([...DASHBOARDS.keys()].sort()).toEqual(Object.keys(made).sort())
  for (const [path, dashboard] of Object.entries(made))
    expect(readFileSync(join(FOLDER, path), 'utf8') === textOf(dashboard), path).toBe(true)
})

test('no two dashboards have the same uid or title', () => {
  const all = [...DASHBOARDS.values()]
  expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length)
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length)
  // Grafana takes no longer ones.
  for (const { uid } of all) expect(uid).toMatch(/^[a-z0-9-]{1,40}$/)
})

test('both schemas have the same panels', () => {
  const titles = (family: string) =>
    [...DASHBOARDS]
      .filter(([path]) => path.startsWith(family))
      .map(([path, { panels }]) => [
        path.slice(family.length),
        panels.map(({ type, title, gridPos }) => [type, title, gridPos]),
      ])
  expect(titles('flat')).toEqual(titles('otel'))
  expect(titles('flat')).toHaveLength(7)
})

describe.each([...DASHBOARDS])('%s', (path, dashboard) => {
  const { panels, templating } = dashboard
  const names = templating.list.map(({ name }) => name)

  test('panels have ids of their own, titles and descriptions', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { title, description } of panels) {
      expect(title).not.toBe('')
      expect(description).toMatch(/\.$/)
    }
  })

  test('panels are within the grid and do not overlap', () => {
    const taken = new Set<string>()
    for (const { gridPos: at, title } of panels) {
      expect(at.x + at.w, title).toBeLessThanOrEqual(24)
      for (let x = at.x; x < at.x + at.w; x++)
        for (let y = at.y; y < at.y + at.h; y++) {
          expect(taken.has(`${x},${y}`), `${title} at ${x},${y}`).toBe(false)
          taken.add(`${x},${y}`)
        }
    }
  })

  test('each panel, target and variable asks the data source in the variable', () => {
    const chosen = { type: 'grafana-clickhouse-datasource', uid: '${datasource}' }
    const asking = [...panels, ...panels.flatMap(({ targets }) => targets)]
    for (const { datasource } of asking) expect(datasource).toEqual(chosen)
    const [first, ...others] = templating.list
    expect(first).toMatchObject({ name: 'datasource', type: 'datasource', query: chosen.type })
    for (const one of others)
      if (one.type === 'query') expect(one).toMatchObject({ datasource: chosen })
  })

  test('each variable that is used is there, and each that is there is used', () => {
    const texts = JSON.stringify([panels, templating.list])
    const used = [...texts.matchAll(/\$\{(\w+)[:.}]|\$(\w+)\b/g)]
      .map(([, braced, plain]) => braced ?? plain ?? '')
      .filter((name) => !BUILT_IN.test(name))
    expect([...new Set(used)].sort()).toEqual([...names].sort())
  })

  test('a variable is used only after those that its own query needs', () => {
    for (const [at, variable] of templating.list.entries())
      for (const [, name = ''] of (sqlOfVariable(variable) ?? '').matchAll(/\$\{(\w+)/g))
        expect(names.slice(0, at)).toContain(name)
  })

  test('what telemetry or the viewer chose comes into SQL percent-encoded, and tables as they are', () => {
    const tables = ['spans', 'logs', 'metrics', 'sums', 'gauges', 'samples', 'thresholds']
    for (const { targets, title } of panels)
      for (const { rawSql } of targets)
        for (const [, name = '', format] of rawSql.matchAll(/\$\{(\w+)(?::(\w+))?\}/g))
          expect(format, `${name} in ${title}`).toBe(
            tables.includes(name) ? undefined : 'percentencode',
          )
  })

  test('each link leads to a dashboard that there is, and sets variables that it has', () => {
    const links = [...JSON.stringify(panels).matchAll(/"url":"([^"]*)"/g)].map(
      ([, url = '']) => url,
    )
    for (const url of links) {
      const [, uid, query = ''] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? []
      const to = [...DASHBOARDS.values()].find((one) => one.uid === uid)
      expect(to, url).toBeDefined()
      const there = to?.templating.list.map(({ name }) => name)
      for (const [, name, value] of query.matchAll(/(?:var-(\w+)=|\$\{(\w+):queryparam\})/g))
        expect(there, url).toContain(name ?? value)
      expect(url).toContain('${__url_time_range}')
    }
    if (path.startsWith('flat/services')) expect(links.length).toBeGreaterThan(3)
  })

  test('a link reads a column that the answer of its panel has, and a setting is of such a column', () => {
    for (const { fieldConfig, targets, title } of panels) {
      const sql = targets.map(({ rawSql }) => rawSql).join('\n')
      for (const [, name] of JSON.stringify(fieldConfig).matchAll(
        /\$\{__(?:data\.fields|field\.labels)\.(\w+)/g,
      ))
        expect(sql, title).toMatch(new RegExp(`\\b${name}\\b`))
    }
  })
})
