import { ReadError } from '../clickhouse/read-error.js'
import { CommandError } from '../terminal/command-error.js'
import { NoTurn } from './turns.js'

/** An answer that is an error: its status, a sentence, and what to do. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number
  readonly fix: string | undefined

  constructor(status: number, message: string, fix?: string) {
    super(message)
    this.status = status
    this.fix = fix
  }
}

const STATUS = { unreachable: 502, refused: 403, query: 400, limit: 504, aborted: 503 } as const

/** What the page is told. Of a mistake of ours it is told nothing: that goes to the terminal. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  if (error instanceof ReadError)
    return new Refusal(STATUS[error.problem], sentence(error.what), sentence(error.fix))
  if (error instanceof NoTurn)
    return new Refusal(503, 'Too many queries are waiting.', 'Close other tabs of the page.')
  if (error instanceof CommandError) return new Refusal(502, error.message)
  return new Refusal(500, 'spanhouse has made a mistake.', 'The terminal says which.')
}

function sentence(text: string): string
function sentence(text: string | undefined): string | undefined
function sentence(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  // An address or a name is not a word.
  const begun = text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase())
  return `${begun}${/[.?!]$/.test(text) ? '' : '.'}`
}
