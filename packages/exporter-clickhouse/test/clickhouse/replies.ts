import type { Outcome } from '../../src/clickhouse/outcome.js'
import type { Exchange, Reply } from '../../src/http/exchange.js'

export function reply(changes: Partial<Reply>): Exchange {
  return { reply: { status: 200, headers: {}, body: '', complete: true, ...changes } }
}

/** As servers since about 21 answer. */
export function modern(
  code: number,
  text = 'Something. (SOME_NAME) (version 26.7.2.1 (official build))',
) {
  return reply({
    status: 500,
    headers: { 'x-clickhouse-exception-code': String(code) },
    body: `Code: ${code}. DB::Exception: ${text}\n`,
  })
}

/** As 18.16 answers: no header. */
export function old(code: number, text = 'Something.', status = 500) {
  return reply({
    status,
    body: `Code: ${code}, e.displayText() = DB::Exception: ${text}, e.what() = DB::Exception\n`,
  })
}

/** No header, but the newer body. */
export function bodyOnly(code: number) {
  return reply({ status: 500, body: `Code: ${code}. DB::Exception: Something. (SOME_NAME)` })
}

/** What matters of an outcome, in one word. */
export function kindOf(outcome: Outcome): string {
  return outcome.status === 'retry' ? outcome.why : outcome.status
}

export function errorOf(outcome: Outcome): Error {
  if (outcome.status === 'delivered') throw new Error('delivered')
  return outcome.error
}
