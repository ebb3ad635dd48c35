import type { TableName } from '#exporter'

/** A row that a server refused once. */
export interface Letter {
  readonly at: TableName
  /** JSON text. */
  readonly row: string
  /** The names in it, in their order. */
  readonly names: readonly string[]
  /** Where it stands: an offset in a file, or the id of a letter in a table. */
  readonly key: string
}

/** Undefined if the row is no JSON object, or the table has no name. */
export function letterOf(at: TableName, row: string, key: string): Letter | undefined {
  if (at.database === '' || at.table === '') return undefined
  const names = namesIn(row)
  return names && { at, row, names, key }
}

function namesIn(row: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(row)
    const isRow = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isRow ? Object.keys(value) : undefined
  } catch {
    return undefined
  }
}

/** Whether both can be rows of one INSERT. */
export function goTogether(one: Letter, other: Letter): boolean {
  return shapeOf(one) === shapeOf(other)
}

function shapeOf({ at: { database, table }, names }: Letter): string {
  return JSON.stringify([database, table, names])
}
