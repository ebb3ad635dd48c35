import type { DestinationConfig, Signal } from '#exporter'
import { namedDestination } from '../config/named-destination.js'
import { SCHEMAS } from '../config/schemas.js'
import { namedTable } from '../config/table-name.js'
import type { Sides } from '../regions/common-columns.js'
import type { TableAt } from '../regions/region.js'
import { CommandError } from '../terminal/command-error.js'
import type { Context } from './command.js'
import { choiceOption, textOption } from './option-values.js'
import { signalsOf } from './signals.js'

/** The servers that two words name, and the tables that are to be compared, each on both servers. */
export function tablesToCompare(
  context: Pick<Context, 'values' | 'env'>,
  words: Sides<string>,
): {
  readonly configs: Sides<DestinationConfig>
  readonly pairs: readonly Sides<TableAt>[]
} {
  const { values } = context
  const schema = choiceOption(values, 'schema', SCHEMAS)
  const of = (word: string, signal: Signal) => namedDestination(word, signal, context, schema)
  const configs = [of(words[0], 'traces'), of(words[1], 'traces')] as const
  const named = textOption(values, 'table')
  if (named !== undefined) {
    const table = namedTable(named)
    if (table === undefined) throw new CommandError('--table must be TABLE or DATABASE.TABLE.')
    const at = ({ targets: [{ database }] }: DestinationConfig): TableAt => ({ database, ...table })
    return { configs, pairs: [[at(configs[0]), at(configs[1])]] }
  }
  const pairs = signalsOf(values, 'all').flatMap((signal): Sides<TableAt>[] => {
    const a = of(words[0], signal).targets
    const b = of(words[1], signal).targets
    if (a.length !== b.length)
      throw new CommandError(
        `The two destinations have other tables for ${signal}: name the schema with --schema.`,
      )
    return a.map((one, i) => [one, b[i] ?? one])
  })
  return { configs, pairs }
}
