import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { queryText } from '../api/client.js'
import { useAnswer } from '../api/use-answer.js'
import type { Failure } from '../common/result.js'
import { counted } from '../common/text.js'
import { parameter } from '../shell/address.js'
import { asked, tick } from '../shell/time.js'
import { keep, kept } from './kept-place.js'
import { type LiveList, NO_ROWS, received, released, replaced } from './live-list.js'
import { sortOf } from './sort-control.js'

const PAGE = 200
const MOST = 2000

export interface Traces {
  readonly list: LiveList
  readonly error: Failure | undefined
  /** The present question has an answer. */
  readonly isAnswered: boolean
  readonly truncated: boolean
  /** How many there are, in words. */
  readonly countText: string
  readonly again: () => void
  readonly hold: (isHeld: boolean) => void
  readonly release: () => void
  readonly more: () => void
}

/** The traces of the address, kept up to date; nothing is asked if `isOff`. */
export function useTraces(q: string, isOff: boolean): Traces {
  const sort = sortOf(parameter('sort'))
  const [limit, setLimit] = useState(() => kept()?.limit ?? PAGE)
  const question = { ...asked.value, q, sort, limit }
  const { answer, error, isLoading, again } = useAnswer(
    'traces',
    isOff ? undefined : question,
    tick.value,
  )
  const [list, setList] = useState<LiveList>(() => kept()?.list ?? NO_ROWS)
  const isHeld = useRef(false)
  const { rangeKey, table } = asked.value
  const key = queryText({ q, sort, rangeKey, table })
  const [answered, setAnswered] = useState(() => (kept() ? { key, limit } : { key: '', limit: 0 }))

  useEffect(() => {
    if (!answer || isLoading) return
    const nowMs = performance.now()
    setList((old) =>
      answered.key === key && answered.limit === limit
        ? received(old, answer.rows, { isHeld: isHeld.current, nowMs })
        : replaced(answer.rows),
    )
    setAnswered({ key, limit })
  }, [answer])
  useEffect(() => keep({ list, limit: answered.limit }), [list])

  const isAnswered = answered.key === key
  const truncated = answer !== undefined && answer.rows.length >= limit
  const text = useMemo(() => {
    if (!isAnswered) return ''
    const count = counted(list.rows.length, 'trace')
    return truncated ? count.replace(' ', '+ ') : count
  }, [isAnswered, list.rows.length, truncated])
  return {
    list,
    error,
    isAnswered,
    truncated: truncated && limit < MOST,
    countText: text,
    again,
    hold: (held) => {
      isHeld.current = held
      if (!held && list.waiting) setList(released(list, performance.now()))
    },
    release: () => setList((old) => released(old, performance.now())),
    more: () => setLimit((old) => Math.min(MOST, old + 400)),
  }
}
