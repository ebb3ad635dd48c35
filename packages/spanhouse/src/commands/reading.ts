import type { SpanTable } from '@spanhouse/queries'
import { type Kind, type Named, type OpenReader, openTablesFor, SPANS } from '../config/connect.js'
import { type SourceToRead, sourceToRead } from '../local/source-to-read.js'
import type { Context } from './command.js'

/**
 * Opens the ClickHouse that a command reads, and says which one it is where that is not obvious. With `waits`, a server without spans is
 * no error: the first ones are waited for.
 */
export function openToRead(
  context: Context,
  options: { readonly waits?: boolean } = {},
): Promise<OpenReader<SpanTable>> {
  return openKind(SPANS, context, options)
}

/** The same for any kind of tables. */
export async function openKind<Table extends Named>(
  kind: Kind<Table>,
  context: Context,
  { waits = false }: { readonly waits?: boolean } = {},
): Promise<OpenReader<Table>> {
  const { err, values } = context
  const source = await sourceToRead(context)
  const sentence = sentenceOn(source)
  if (sentence !== undefined && values['json'] !== true) err.write(`${sentence}\n`)
  const onWait = (waiting: string) => err.write(`${waiting}\n`)
  return openTablesFor(kind, context, { source, ...(waits && { onWait }) })
}

/** Where a command reads, if nobody has named it. */
export function sentenceOn({ connection, startedBy, isGuess }: SourceToRead): string | undefined {
  if (startedBy !== undefined)
    return `Reading ${connection.url}, the ClickHouse of spanhouse dev (process ${startedBy}).`
  if (isGuess)
    return `Reading ${connection.url}: no spanhouse dev runs in this project, and neither --endpoint nor OTEL_EXPORTER_CLICKHOUSE_ENDPOINT names a ClickHouse.`
  return undefined
}
