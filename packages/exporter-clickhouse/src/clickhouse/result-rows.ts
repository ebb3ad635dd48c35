/**
 * The rows of a result in the format JSONCompactEachRow. Throws if the text is something else: a proxy may have answered, or the end is
 * missing.
 */
export function resultRows(text: string): (readonly string[])[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map(rowIn)
}

function rowIn(line: string): readonly string[] {
  const row: unknown = JSON.parse(line)
  if (!Array.isArray(row)) throw new Error('a line of the answer is no row')
  return row
}
