import { buildTrace, type SpanRow, type Trace } from '@spanhouse/queries'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { useAnswer } from '../api/use-answer.js'
import type { Failure } from '../common/result.js'
import { change, parameter } from '../shell/address.js'
import { isCutByTime, keepsAsking, pollMs } from './refetch.js'

export interface LoadedTrace {
  /** Undefined until the first answer. Without spans if it was not found. The same as before if nothing has come. */
  readonly trace: Trace | undefined
  readonly sql: string
  /** There are more spans than the server sends. */
  readonly truncated: boolean
  readonly error: Failure | undefined
  /** More spans may come by themselves. */
  readonly isWaiting: boolean
  readonly again: () => void
}

/** A trace, asked for again while its spans may still be on their way. */
export function useTrace(id: string): LoadedTrace {
  const [openedMs, setOpened] = useState(() => Date.now())
  const [tick, setTick] = useState(0)
  const [isWaiting, setWaiting] = useState(true)
  // `around` is when the list saw the trace: the server then has less to read.
  const asked = { id, around: parameter('around'), table: parameter('table') }
  const { answer, error, again } = useAnswer('trace', asked, tick)
  const before = useRef<{ rows: readonly SpanRow[]; trace: Trace } | undefined>(undefined)
  const grownMs = useRef(openedMs)
  const trace = useMemo(() => {
    if (!answer) return undefined
    if (before.current && isSame(before.current.rows, answer.rows)) return before.current.trace
    before.current = { rows: answer.rows, trace: buildTrace(answer.rows) }
    grownMs.current = Date.now()
    return before.current.trace
  }, [answer])

  const latest = useRef<() => boolean>(() => false)
  latest.current = () =>
    keepsAsking({
      nowMs: Date.now(),
      openedMs,
      grownMs: grownMs.current,
      endedMs: trace?.spans.length ? (trace.startUs + trace.durationNs / 1e3) / 1e3 : undefined,
    })
  useEffect(() => setWaiting(latest.current()), [trace])
  const around = parameter('around')
  const isCut =
    trace !== undefined && around !== '' && isCutByTime(trace, Number(around), latest.current())
  useEffect(() => {
    if (isCut) change({ around: undefined }, { replace: true })
  }, [isCut])
  const everyMs = pollMs(trace?.spans.length ?? 0)
  useEffect(() => {
    const timer = setInterval(() => {
      const asks = latest.current()
      setWaiting(asks)
      if (asks && document.visibilityState === 'visible') setTick((n) => n + 1)
    }, everyMs)
    return () => clearInterval(timer)
  }, [everyMs])

  return {
    trace,
    sql: answer?.sql ?? '',
    truncated: answer?.truncated ?? false,
    error,
    isWaiting,
    again: () => {
      setOpened(Date.now())
      setWaiting(true)
      // The time in the link may be wrong: look everywhere.
      change({ around: undefined }, { replace: true })
      again()
    },
  }
}

/** Spans do not change once they are stored, so the same ids are the same spans. */
function isSame(a: readonly SpanRow[], b: readonly SpanRow[]): boolean {
  if (a.length !== b.length) return false
  const ids = new Set(a.map((row) => row.span_id))
  return b.every((row) => ids.has(row.span_id))
}
