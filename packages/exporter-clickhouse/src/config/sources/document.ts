/** A configuration file that has been read: its value, and where in the file each part of it is. */
export interface Document {
  readonly value: unknown
  /** Line and column, both from 1, of the value at a path; of the nearest value around it if there is none. */
  positionOf(path: readonly string[]): Position
}

export interface Position {
  readonly line: number
  readonly column: number
}

/** The file cannot be read as what it should be. The message is the end of a sentence and shows nothing of the file. */
export class DocumentError extends Error {
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: offset - lineStart + 1 }
}

export function pathKey(path: readonly string[]): string {
  return JSON.stringify(path)
}
