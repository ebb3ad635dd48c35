import type { DestinationConfig } from './config.js'
import { withDefaults } from './defaults.js'
import { parseEndpoint } from './endpoint-url.js'
import type { ExplainedConfig, ExplainedSetting } from './explained.js'
import type { Gathered } from './gather.js'
import { Given, sourceText, type Tree } from './given.js'
import type { Fields, Type } from './option.js'
import { NAMED_DESTINATION, OPTIONS } from './option-table.js'
import { resolveDestination } from './resolve.js'
import { printable } from './summary.js'

const MASKED = '********'

/** What `explainConfig()` prints. */
export function explain({ options, destinations, problems, doubts }: Gathered): ExplainedConfig {
  const { name: _, ...ofDestination } = NAMED_DESTINATION.fields
  const { destinations: __, ...all } = OPTIONS.fields
  const ofAll = Object.fromEntries(
    Object.entries(all).filter(([name]) => !Object.hasOwn(ofDestination, name)),
  )
  return {
    settings: [
      ...destinations.flatMap((one) => {
        const { name, tree } = one
        const resolved =
          problems.length === 0 ? resolveDestination(one.options, 'traces') : undefined
        return settingsIn(tree, ofDestination, resolved).map((setting) => ({
          destination: name,
          ...setting,
        }))
      }),
      ...settingsIn(options, ofAll).map((setting) => ({ destination: undefined, ...setting })),
    ],
    warnings: doubts,
    problems,
  }
}

type Setting = Omit<ExplainedSetting, 'destination'>

function settingsIn(given: Tree, fields: Fields, resolved?: DestinationConfig): Setting[] {
  const group = { kind: 'group', fields, required: [], isOffByDefault: false } as const
  const complete = withDefaults(given, group)
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
  if (option === 'compression.level') return String(resolved?.compression.level ?? 'none')
  if (option === 'tls.rejectUnauthorized') return 'true' // the default of Node.js
  return 'none'
}

function shown(option: string, value: unknown, isSecret: boolean): string {
  if (option === 'endpoint') return parseEndpoint(String(value)).url.href
  if (value === '') return 'none'
  if (isSecret) return MASKED
  if (typeof value === 'string' && /:\/\/|@/.test(value)) return MASKED // a URL with a password, given for the wrong option
  if (typeof value === 'object' && value !== null && 'name' in value)
    return printable(`table ${String(value.name)}`)
  return typeof value === 'object' || typeof value === 'function'
    ? `a ${typeof value}`
    : printable(String(value))
}
