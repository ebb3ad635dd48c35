import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const FOLDER: string = join(import.meta.dirname, '../../../dashboards')

export interface Target {
  readonly refId: string
  readonly rawSql: string
  readonly queryType: string
  readonly format: number
  readonly datasource: { readonly type: string; readonly uid: string }
}

export interface Panel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description: string
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>
  readonly datasource: Target['datasource']
  readonly targets: readonly Target[]
  readonly fieldConfig: {
    readonly defaults: Readonly<Record<string, unknown>>
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string }
      readonly properties: readonly { readonly id: string; readonly value: unknown }[]
    }[]
  }
}

export interface Variable {
  readonly type: string
  readonly name: string
  readonly query: string | { readonly rawSql: string }
  readonly current: { readonly value?: string }
  readonly includeAll?: boolean
}

export interface Dashboard {
  readonly uid: string
  readonly title: string
  readonly tags: readonly string[]
  readonly panels: readonly Panel[]
  readonly templating: { readonly list: readonly Variable[] }
}

/** The files as they are in the repository, by their paths in dashboards/. */
export const DASHBOARDS: ReadonlyMap<string, Dashboard> = new Map(
  readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))]),
)

export function dashboardAt(path: string): Dashboard {
  const dashboard = DASHBOARDS.get(path)
  if (!dashboard) throw new Error(`There is no dashboard ${path}.`)
  return dashboard
}

/** The SQL of the panel with this title, of the only or the named target. */
export function sqlOf(path: string, title: string, refId?: string): string {
  const panels = dashboardAt(path).panels.filter(
    (panel) => panel.title === title && panel.type !== 'stat',
  )
  const stats = dashboardAt(path).panels.filter((panel) => panel.title === title)
  const [panel] = panels.length > 0 ? panels : stats
  const target = panel?.targets.find((one) => refId === undefined || one.refId === refId)
  if (!target) throw new Error(`There is no panel ${title} in ${path}.`)
  return target.rawSql
}

export const sqlOfVariable = ({ query }: Variable): string | undefined =>
  typeof query === 'string' ? undefined : query.rawSql
