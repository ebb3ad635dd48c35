import type { ClickHouseServer } from '@spanhouse/local-clickhouse'

export interface Mistake {
  /** In the words of somebody who makes it. */
  readonly did: string
  /** The line. What varies stands as <name>. */
  readonly says: string
  /** What to do: one or two sentences. */
  readonly todo: string
}

/** A mistake in code or in a file. */
export interface CodeMistake extends Mistake {
  /** Throws the ConfigError. */
  make(): unknown
}

/** A mistake that a running application has: it goes on. */
export interface AppMistake extends Mistake {
  make(clickhouse: ClickHouseServer): App | Promise<App>
  /** The rows are not kept, so nothing is said of sending them again. */
  readonly loses?: true
}

/** An application that is started to make a mistake. */
export interface App {
  readonly folder?: string
  /** Node's options and the script. By default an application without an SDK that goes on until it is told to end. */
  readonly args?: readonly string[]
  readonly env: Record<string, string>
}

/** What a line with placeholders matches. */
export function pattern(line: string): RegExp {
  const parts = line.split(/<[^>]*>/).map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}
