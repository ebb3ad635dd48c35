import type { DestinationConfig, Signal } from './config.js'
import { withDefaults } from './defaults.js'
import { parseEndpoint } from './endpoint-url.js'
import type { ExplainedConfig, ExplainedSetting } from './explained.js'
import { type Gathered, type GatheredDestination, takes } from './gathered.js'
import { Given, sourceText, type Tree, UNREADABLE } from './given.js'
import { type Fields, group, type Type } from './option.js'
import { resolveDestination } from './resolve.js'
import { SIGNALS } from './signal.js'
import { DESTINATION_VIEW, OPTIONS_VIEW } from './signal-view.js'
import { printable } from './summary.js'
import { METRIC_TABLES } from './targets.js'

const MASKED = '********'

/** What `explainConfig()` prints. */
export function explain({ options, destinations, problems, doubts }: Gathered): ExplainedConfig {
  const { temporality, ...ofAll } = without(OPTIONS_VIEW.fields, DESTINATION_VIEW.fields)
  const settings = [
    ...settingsIn(options.traces, without(ofAll, { destinations: 0 })),
    ...settingsIn(options.metrics, { temporality } as Fields).map((one) => named(one, 'metrics')),
  ]
  return {
    settings: [
      ...destinations.flatMap((one) => settingsOf(one, problems.length === 0)),
      ...settings.map((setting) => ({ destination: undefined, ...setting })),
    ],
    warnings: doubts,
    problems,
  }
}

type Setting = Omit<ExplainedSetting, 'destination'>

/** What the signals of a destination agree on is one setting. */
function settingsOf(destination: GatheredDestination, isWhole: boolean): ExplainedSetting[] {
  const { name, trees, options } = destination
  const signals = SIGNALS.filter((signal) => takes(destination, signal))
  const views = signals.map((signal) => {
    const { name: _, ...fields } = DESTINATION_VIEW.fields
    const resolved = isWhole ? resolveDestination(options[signal], signal) : undefined
    const isFive = (resolved?.targets.length ?? 0) > 1
    return settingsIn(
      trees[signal],
      without(fields, isFive ? { table: 0 } : { tables: 0, ttls: 0 }),
      resolved,
    )
  })
  const order = Object.keys(DESTINATION_VIEW.fields)
  const placeOf = (path: string) => order.indexOf(path.split('.')[0] ?? '')
  const paths = [...new Set(views.flat().map(({ option }) => option))]
  paths.sort((a, b) => placeOf(a) - placeOf(b))
  return paths
    .flatMap((path) => {
      const found = views.map((view) => view.find(({ option }) => option === path))
      const isShared =
        !/^(tables?|ttls)\b/.test(path) && found.every((one) => isEqual(one, found[0]))
      if (isShared) return found.slice(0, 1)
      return found.map((one, index) => one && named(one, signals[index]))
    })
    .flatMap((setting) => (setting ? { destination: name, ...setting } : []))
}

function isEqual(a: Setting | undefined, b: Setting | undefined): boolean {
  return a?.value === b?.value && a?.source === b?.source
}

function named(setting: Setting, signal: Signal | undefined): Setting {
  return { ...setting, option: `${signal}.${setting.option}` }
}

function without(fields: Fields, others: object): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !Object.hasOwn(others, name)))
}

function settingsIn(given: Tree, fields: Fields, resolved?: DestinationConfig): Setting[] {
  const complete = withDefaults(given, group(fields))
  return Object.entries(fields).flatMap(([name, { type, isSecret }]) =>
    settingsAt([name], type, complete[name], isSecret === true, resolved),
  )
}

function settingsAt(
  path: readonly string[],
  type: Type | undefined,
  node: Given | Tree | undefined,
  isSecret: boolean,
  resolved: DestinationConfig | undefined,
): Setting[] {
  const option = path.join('.')
  if (node instanceof Given)
    return [{ option, value: shown(option, node.value, isSecret), source: sourceText(node.source) }]
  if (type?.kind === 'group' && node !== undefined)
    return Object.entries(type.fields).flatMap(([name, field]) =>
      settingsAt(
        [...path, name],
        field.type,
        node[name],
        isSecret || field.isSecret === true,
        resolved,
      ),
    )
  const entries = Object.entries(node ?? {})
  if (entries.length > 0)
    return entries.flatMap(([name, one]) =>
      settingsAt([...path, name], undefined, one, isSecret, resolved),
    )
  return [{ option, value: derived(option, resolved), source: 'default' }]
}

/** The default of an option that depends on other options. */
function derived(option: string, resolved: DestinationConfig | undefined): string {
  if (option === 'database') return resolved?.targets[0].database ?? 'none'
  if (option === 'table') return resolved?.targets[0].table ?? 'none'
  if (option === 'signals') return SIGNALS.join(', ')
  const [first, second] = option.split('.')
  if (first === 'tables')
    return resolved?.targets[METRIC_TABLES.indexOf(second as never)]?.table ?? 'none'
  if (option === 'compression.level') return String(resolved?.compression.level ?? 'none')
  if (option === 'tls.rejectUnauthorized') return 'true' // the default of Node.js
  return 'none'
}

/** An attribute that is promoted may be an object. */
function nameOf(item: unknown): string {
  return String(Object(item).attribute ?? item)
}

function shown(option: string, value: unknown, isSecret: boolean): string {
  if (option === 'endpoint') return parseEndpoint(String(value)).url.href
  if (option === 'endpoints' && Array.isArray(value))
    return value.map((one) => parseEndpoint(String(one)).url.href).join(', ')
  if (value === UNREADABLE) return 'cannot be read, so nothing is sent'
  if (value === '' || (Array.isArray(value) && value.length === 0)) return 'none'
  if (isSecret) return MASKED
  if (Array.isArray(value)) return printable(value.map(nameOf).join(', '))
  if (typeof value === 'string' && /:\/\/|@/.test(value)) return MASKED // a URL with a password, given for the wrong option
  if (typeof value === 'object' && value !== null && 'name' in value)
    return printable(`table ${String(value.name)}`)
  return typeof value === 'object' || typeof value === 'function'
    ? `a ${typeof value}`
    : printable(String(value))
}
