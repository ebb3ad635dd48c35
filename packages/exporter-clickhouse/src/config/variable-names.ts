import type { Fields, Option, Type } from './option.js'
import { ENVIRONMENT_ONLY, NAMED_DESTINATION, OPTIONS } from './option-table.js'

export const PREFIX = 'OTEL_EXPORTER_CLICKHOUSE_'

/** The option that a variable sets. */
export interface VariableOption {
  readonly path: readonly string[]
  readonly option: Option
}

/**
 * The names of variables after the prefix, and what each of them sets. The words of the path are joined by `_`, in capitals,
 * without the unit `Ms`: `batch.maxDelayMs` is `BATCH_MAX_DELAY`. `tls` and `codec` are left out: `CA`, `COMPRESSION`.
 */
function variablesOf(fields: Fields): ReadonlyMap<string, VariableOption> {
  return new Map(entriesOf(fields, [], '', {}))
}

function entriesOf(
  fields: Fields,
  at: readonly string[],
  prefix: string,
  group: Pick<Option, 'isSecret' | 'withholds'>,
): [string, VariableOption][] {
  return Object.entries(fields).flatMap(([name, given]): [string, VariableOption][] => {
    const option = { ...given, ...inherited(group), ...inherited(given) }
    const { type, environment = words(name) } = given
    const variable = [prefix, environment].filter((part) => part !== '').join('_')
    const path = [...at, name]
    if (type.kind === 'group') return entriesOf(type.fields, path, variable, option)
    if (isList(type) || type.kind === 'custom') return []
    return [[variable, { path, option }]]
  })
}

/** What is true of all options in a group if it is true of the group. */
function inherited({ isSecret, withholds }: Pick<Option, 'isSecret' | 'withholds'>) {
  return { ...(isSecret && { isSecret }), ...(withholds && { withholds }) }
}

/** Whether it is a list of objects, which no text can express. */
function isList(type: Type): boolean {
  return type.kind === 'list' && type.item.kind === 'group'
}

function words(name: string): string {
  return name
    .replace(/Ms$/, '')
    .replace(/[A-Z]/g, (capital) => `_${capital}`)
    .toUpperCase()
}

/** The part of a variable's name that names a destination. */
export function variablePartOf(destination: string): string {
  return destination.replace(/-/g, '_').toUpperCase()
}

const { name: _, ...ofDestination } = NAMED_DESTINATION.fields

export const OPTION_VARIABLES: ReadonlyMap<string, VariableOption> = variablesOf(OPTIONS.fields)
export const DESTINATION_VARIABLES: ReadonlyMap<string, VariableOption> = variablesOf(ofDestination)
export const OTHER_VARIABLES: ReadonlyMap<string, VariableOption> = variablesOf(
  ENVIRONMENT_ONLY.fields,
)
