/** Where a command writes. */
export interface Output {
  /** Columns; 80 where no terminal says otherwise, and `COLUMNS` counts. */
  readonly width: number
  /** Lines of the terminal; undefined where there is none. */
  readonly height?: number | undefined
  /** Whether lines may be overwritten. */
  readonly isTerminal: boolean
  /** Whether colours may be used: a terminal, and no `NO_COLOR`. */
  readonly hasColours: boolean
  write(text: string): void
}
