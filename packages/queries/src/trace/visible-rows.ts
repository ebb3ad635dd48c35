import type { Repeat, Trace, TraceSpan } from './trace.js'

/** A row of a waterfall. */
export interface WaterfallRow {
  readonly span: TraceSpan
  /** The group that this row stands for: its other spans, and what is below them, have no rows. */
  readonly repeat: Repeat | undefined
}

export interface Shown {
  /** Groups of which every span is shown. Default: none. */
  readonly expanded?: ReadonlySet<Repeat>
  /** Spans whose descendants are not shown. Default: none. */
  readonly folded?: ReadonlySet<TraceSpan>
}

/** The rows of a waterfall: of each group of repeats only the first span and what is below it. */
export function visibleRows(trace: Trace, { expanded, folded }: Shown = {}): WaterfallRow[] {
  const rows: WaterfallRow[] = []
  for (let i = 0; i < trace.spans.length; i++) {
    const span = trace.spans[i] as TraceSpan
    const repeat = span.repeat && !expanded?.has(span.repeat) ? span.repeat : undefined
    const isHidden = repeat !== undefined && repeat.spans[0] !== span
    if (!isHidden) rows.push({ span, repeat })
    if (isHidden || folded?.has(span)) i = span.lastIndex
  }
  return rows
}
