import type { Line } from '../application/lines.js'
import { fitStart } from '../terminal/display-width.js'
import type { Output } from '../terminal/output.js'
import { paint } from '../terminal/paint.js'

export interface Startup {
  /** With the token. */
  readonly page: string
  readonly clickhouse: string
  /** What is special about this ClickHouse, such as where its data is. */
  readonly note?: string | undefined
  readonly lines: readonly Line[]
}

const LABEL_WIDTH = 13

/** What `dev` and `ui` say when they are ready. Addresses and lines to copy are never broken. */
export function startupLines(out: Output, { page, clickhouse, note, lines }: Startup): string {
  const entry = (label: string, text: string) =>
    `  ${paint(out, 'dim', fitStart(label, LABEL_WIDTH))}${text}`
  const text = [
    '',
    entry('Page', paint(out, 'bold', page)),
    entry('ClickHouse', `${clickhouse}${note ? ` ${paint(out, 'dim', `(${note})`)}` : ''}`),
    ...(lines.length > 0 ? ['', '  Start your application in another terminal:', ''] : []),
    ...lines.map(({ kind, line }) => entry(kind, line)),
    '',
    '',
  ]
  return text.join('\n')
}
