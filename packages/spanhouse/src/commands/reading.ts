import { type OpenReader, openReaderFor } from '../config/connect.js'
import { type SourceToRead, sourceToRead } from '../local/source-to-read.js'
import type { Context } from './command.js'

/**
 * Opens the ClickHouse that a command reads, and says which one it is where that is not obvious. With `waits`, a server without spans is
 * no error: the first ones are waited for.
 */
export async function openToRead(
  context: Context,
  { waits = false }: { readonly waits?: boolean } = {},
): Promise<OpenReader> {
  const { err, values } = context
  const source = await sourceToRead(context)
  const sentence = sentenceOn(source)
  if (sentence !== undefined && values['json'] !== true) err.write(`${sentence}\n`)
  const onWait = (waiting: string) => err.write(`${waiting}\n`)
  return openReaderFor(context, { source, ...(waits && { onWait }) })
}

/** Where a command reads, if nobody has named it. */
export function sentenceOn({ connection, startedBy, isGuess }: SourceToRead): string | undefined {
  if (startedBy !== undefined)
    return `Reading ${connection.url}, the ClickHouse of spanhouse dev (process ${startedBy}).`
  if (isGuess)
    return `Reading ${connection.url}: no spanhouse dev runs in this project, and neither --endpoint nor OTEL_EXPORTER_CLICKHOUSE_ENDPOINT names a ClickHouse.`
  return undefined
}
