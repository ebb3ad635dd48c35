import type { Output } from './output.js'

const DEFAULT_WIDTH = 80
const NARROWEST = 20
const WIDEST = 1000

/** What is used of `process.stdout` and `process.stderr`. */
export interface OutputStream {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
  write(text: string): unknown
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
}

/**
 * The stream as an Output. `onClosed` is called once, when nothing more can be written: without an error if the reader has gone, as
 * `| head` does when it has enough, else with the error. What is written after that is dropped.
 */
export function openOutput(
  stream: OutputStream,
  env: NodeJS.ProcessEnv,
  onClosed: (error?: Error) => void = () => {},
): Output {
  let isClosed = false
  stream.on('error', (error) => {
    if (isClosed) return
    isClosed = true
    onClosed(hasReaderGone(error) ? undefined : error)
  })
  const isTerminal = stream.isTTY === true && env['TERM'] !== 'dumb'
  return {
    // A terminal may be resized at any time.
    get width() {
      const columns = Number(env['COLUMNS']) || stream.columns || DEFAULT_WIDTH
      return Math.min(Math.max(Math.floor(columns), NARROWEST), WIDEST)
    },
    get height() {
      return isTerminal && stream.rows ? stream.rows : undefined
    },
    isTerminal,
    // https://no-color.org: an empty value does not count.
    hasColours: isTerminal && !env['NO_COLOR'],
    write(text) {
      if (!isClosed && text !== '') stream.write(text)
    },
  }
}

function hasReaderGone({ code }: NodeJS.ErrnoException): boolean {
  // EOF and ECONNRESET are what other systems and sockets say.
  return code === 'EPIPE' || code === 'EOF' || code === 'ECONNRESET'
}
