// If a list or a text was spread into the options by mistake, each of its elements is a problem.
const MAX_SHOWN = 30

/** The options cannot be used. `message` lists every problem at once; secrets are masked. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    const more = problems.length - MAX_SHOWN
    const shown = [...problems.slice(0, MAX_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])]
    super(`spanhouse: these exporter options cannot be used: ${shown.join('; ')}`)
    this.problems = problems
  }
}

/** ClickHouse, or a proxy in front of it, did not take the rows. */
export class ClickHouseError extends Error {
  override readonly name = 'ClickHouseError'
  /** HTTP status of the reply. */
  readonly httpStatus: number
  /** ClickHouse's exception code. 0 if the reply had none, for example because it came from a proxy. */
  readonly code: number

  constructor(httpStatus: number, code: number, message: string) {
    super(message)
    this.httpStatus = httpStatus
    this.code = code
  }
}

/** The first 200 characters of a text, on one line and without control characters. */
export function oneLine(text: string): string {
  return text
    .slice(0, 2000)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, 200)
}

/** An error as text for a log line: its message, or its code if it has no message (an AggregateError). */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return oneLine(String(error))
  return oneLine(error.message) || (error as NodeJS.ErrnoException).code || error.name
}

/** The kind of an error and the line that threw it. Not its message: that of the application's code may quote the record. */
export function whereOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return 'something that is no Error'
    const name = /^\w{1,60}$/.test(error.name) ? error.name : 'an error'
    const stack = String(error.stack)
    const frames = stack.slice(stack.indexOf(error.message) + error.message.length)
    const [, at] = /^\s+at (?:[\w.<> ]{1,100} \()?([^\n()]{1,300}:\d+:\d+)\)?$/m.exec(frames) ?? []
    return at === undefined ? name : `${name} at ${at.replace(/[^\x20-\x7e]/g, '?')}`
  } catch {
    return 'an error that cannot be read'
  }
}
