/** What is wrong with an option. */
export interface Problem {
  readonly path: readonly string[]
  /** A sentence that begins with the path. */
  readonly text: string
}
