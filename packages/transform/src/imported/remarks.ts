import type { TableDescription } from './description.js'
import type { Preset } from './presets.js'

/** What somebody who writes to the table should know. */
export function* remarksOf(
  { engine, hasChecks, columns }: TableDescription,
  preset: Preset | undefined,
  without: readonly string[],
): Iterable<string> {
  if (preset?.signal === 'metrics' && preset.schema !== 'flat')
    yield `It holds data points of one type: the option schema '${preset.schema}' writes the tables of all types, this definition every point into one.`
  if (!/MergeTree$/.test(engine))
    yield `Its engine is ${engine}: ddl() of this definition would create a MergeTree table, so let the exporter create nothing (manageSchema: 'validate').`
  if (hasChecks)
    yield 'It has constraints: the server refuses every batch with a row that does not meet them.'
  const ephemeral = columns.filter(({ default_kind }) => default_kind === 'EPHEMERAL')
  if (ephemeral.length > 0)
    yield `EPHEMERAL columns (${ephemeral.map(({ name }) => name).join(', ')}) are not stored: check what is computed from them.`
  if (without.length > 0)
    yield `Left out of the definition, because they use columns that it does not have: ${without.join('; ')}.`
}
