import { useEffect, useRef, useState } from 'preact/hooks'
import type { Failure } from '../common/result.js'
import type { Answer, Asked, QueryName, Rows } from './answers.js'
import { ask, queryText } from './client.js'
import { noteStatement } from './statements.js'

/** Where the answer to a question stands. The last answer stays while the next one is awaited, so that nothing jumps. */
export interface Asking<Row> {
  readonly answer?: Answer<Row>
  /** The question of `answer`, as a query string. */
  readonly answered?: string
  readonly error?: Failure
  readonly isLoading: boolean
  /** Asks the same again. */
  readonly again: () => void
}

/**
 * Asks the server, again whenever `asked` or `tick` changes, and aborts what is no longer wanted. A tick asks only if the question before
 * is answered: a slow server is not asked faster than it answers. Nothing is asked while `asked` is undefined.
 */
export function useAnswer<Name extends QueryName>(
  name: Name,
  asked: Asked | undefined,
  tick = 0,
): Asking<Rows[Name]> {
  type State = Omit<Asking<Rows[Name]>, 'again'>
  const [state, setState] = useState<State>({ isLoading: asked !== undefined })
  const [tries, setTries] = useState(0)
  const isBusy = useRef(false)
  const latest = useRef<Asked | undefined>(asked)
  latest.current = asked
  // What a tick changes (the present moment) is not another question.
  const question = asked && `${name}${queryText({ ...asked, from: undefined, to: undefined })}`
  const range = asked && (asked['rangeKey'] ?? `${asked['from']}-${asked['to']}`)

  const start = (isTick: boolean) => {
    const sent = latest.current
    if (!sent) return undefined
    const abort = new AbortController()
    isBusy.current = true
    if (!isTick) setState((old) => ({ ...old, isLoading: true }))
    const { rangeKey: _, ...parameters } = sent
    void ask(name, parameters, abort.signal).then((result) => {
      if (abort.signal.aborted) return
      isBusy.current = false
      if (!result.ok) return setState((old) => ({ ...old, error: result.error, isLoading: false }))
      noteStatement(name, result.value)
      setState({ answer: result.value, answered: queryText(parameters), isLoading: false })
    })
    return () => abort.abort()
  }

  const abortCurrent = useRef<(() => void) | undefined>(undefined)
  useEffect(() => {
    abortCurrent.current?.()
    isBusy.current = false
    if (asked === undefined) return setState({ isLoading: false })
    abortCurrent.current = start(false)
  }, [question, range, tries])
  useEffect(() => {
    if (tick > 0 && !isBusy.current) abortCurrent.current = start(true)
  }, [tick])
  useEffect(() => () => abortCurrent.current?.(), [])

  return { ...state, again: () => setTries((n) => n + 1) }
}
