import type { Readable } from 'node:stream'

/** The format in which we read: a line of names, a line of types, then a line for each row. */
export const FORMAT = 'JSONCompactEachRowWithNamesAndTypes'
/** The format of rows that are passed on to another server as they are: its bytes are no text. */
export const NATIVE = 'Native'

export interface Lines {
  readonly text: string
  /** Whether the limit cut it. */
  readonly isCut: boolean
}

/** Reads no more than `limit` bytes, then hangs up. The last line is whole, unless it is the only one. */
export async function readLines(
  stream: Readable,
  limit: number,
  encoding: 'utf8' | 'latin1' = 'utf8',
): Promise<Lines> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    // Leaving the loop destroys the stream, and the server cancels the query.
    if (bytes > limit) break
  }
  const text = Buffer.concat(chunks).subarray(0, limit).toString(encoding)
  return bytes > limit
    ? { text: text.slice(0, text.lastIndexOf('\n') + 1) || text, isCut: true }
    : { text, isCut: false }
}

export interface Parsed {
  readonly names: readonly string[]
  readonly types: readonly string[]
  readonly rows: unknown[][]
  /** What the server wrote after the rows: the exception that ended them. */
  readonly rest: string
}

/** Returns `undefined` if the text does not begin with the names and types of columns. */
export function parseLines(text: string): Parsed | undefined {
  const lines = text.split('\n')
  const rows: unknown[][] = []
  let at = 0
  // Every row is a list. If the query fails after the first rows, something else follows them.
  for (; at < lines.length && lines[at]?.startsWith('['); at++) {
    const row = parsed(lines[at] ?? '')
    if (row === undefined) break
    rows.push(row)
  }
  const rest = lines.slice(at).join('\n').trim()
  const [names, types, ...values] = rows
  if (names === undefined || types === undefined) return undefined
  return { names: names.map(String), types: types.map(String), rows: values, rest }
}

function parsed(line: string): unknown[] | undefined {
  try {
    return JSON.parse(line) as unknown[]
  } catch {
    return undefined // cut by an exception
  }
}
