/** What a command wrote to stderr, without the lines that say what is going on: they come only on a slow machine. */
export function withoutProgress(err: string): string {
  return err.replace(/^.* …\n/gm, '')
}
