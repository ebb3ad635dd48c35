/** Something that `--fix` would run. `isSafe`: `--yes` may run it. What drops data or gives rights is never safe. */
export type Remedy =
  | {
      readonly kind: 'sql'
      /** Name of the destination. */
      readonly destination: string
      /** The host where it must run. Absent: the first host. */
      readonly host?: string
      readonly sql: string
      readonly isSafe: boolean
    }
  | { readonly kind: 'folder'; readonly path: string; readonly isSafe: true }
  | {
      readonly kind: 'program'
      readonly program: string
      readonly args: readonly string[]
      readonly folder: string
      readonly isSafe: boolean
    }

/** As one line or statement to copy. */
export function remedyText(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'sql':
      return `${remedy.host === undefined ? '' : `-- at ${remedy.host}\n`}${remedy.sql.trimEnd()};`
    case 'folder':
      return `mkdir -p -m 700 ${quoted(remedy.path)}`
    case 'program':
      return [remedy.program, ...remedy.args].map(quoted).join(' ')
    default:
      return remedy satisfies never
  }
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
