import { type LogRow, TRACE_MARGIN_US, type Trace } from '@spanhouse/queries'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useAnswer } from '../api/use-answer.js'
import type { Failure } from '../common/result.js'
import { parameter } from '../shell/address.js'

/** A line of a log beside its trace. */
export interface Line {
  readonly row: LogRow
  /** Its place among the lines. */
  readonly number: number
  /** From the start of the trace; negative if it was written before. */
  readonly atNs: number
}

export interface Logs {
  /** In the order of their times. */
  readonly lines: readonly Line[]
  /** By the ids of spans, in the same order. */
  readonly ofSpan: ReadonlyMap<string, readonly Line[]>
  /** There are more lines than the server sends. */
  readonly truncated: boolean
  /** Whether there was an answer. */
  readonly isKnown: boolean
  readonly error: Failure | undefined
  readonly again: () => void
}

const LOOK_AGAIN_MS = 2000
/** Lines are written for as long as a trace lasts, so a long one is not looked for near its start only. */
const LONG_NS = (TRACE_MARGIN_US / 2) * 1000

/** The lines of a trace's logs, asked for again while its spans may still be on their way. */
export function useLogs(id: string, trace: Trace, isWaiting: boolean): Logs {
  const [tick, setTick] = useState(0)
  const around = trace.durationNs < LONG_NS ? trace.startUs : undefined
  // Spans that come later may be earlier, which is no reason to ask anew.
  const [firstAround] = useState(around)
  const asked = { id, around: around && firstAround, table: parameter('table') }
  const { answer, error, again } = useAnswer('logs', asked, tick)
  useEffect(() => {
    if (!isWaiting) return
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setTick((n) => n + 1)
    }, LOOK_AGAIN_MS)
    return () => clearInterval(timer)
  }, [isWaiting])
  const { startUs } = trace
  const [lines, ofSpan] = useMemo(() => {
    const all = (answer?.rows ?? []).map((row, number) => ({
      row,
      number,
      atNs: (row.time_us - startUs) * 1000,
    }))
    return [all, bySpan(all)] as const
  }, [answer, startUs])
  return {
    lines,
    ofSpan,
    truncated: answer?.truncated ?? false,
    isKnown: answer !== undefined,
    error,
    again,
  }
}

function bySpan(lines: readonly Line[]): ReadonlyMap<string, readonly Line[]> {
  const all = new Map<string, Line[]>()
  for (const line of lines) {
    const { span_id: id } = line.row
    const known = all.get(id)
    if (known) known.push(line)
    else if (id !== '') all.set(id, [line])
  }
  return all
}
