import type { TraceRow } from '@spanhouse/queries'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { useKeys } from '../common/keys.js'
import { counted } from '../common/text.js'
import { NARROW, useMedia } from '../common/use-media.js'
import { type ListHandle, VirtualList } from '../common/virtual-list.js'
import { clock } from '../shell/time.js'
import { keep, kept } from './kept-place.js'
import type { LiveList } from './live-list.js'
import { TraceLine } from './trace-row.js'

export interface TraceListProps {
  readonly list: LiveList
  /** Called when somebody begins to read the list, or has stopped: while it is held, no row may move. */
  readonly onHold: (isHeld: boolean) => void
  /** Shows what was held back. */
  readonly onRelease: () => void
  readonly truncated: boolean
  readonly onMore: () => void
}

/** After the pointer has moved over the list, a row is perhaps about to be pressed. */
const POINTER_MS = 1500

export function TraceList({ list, onHold, onRelease, truncated, onMore }: TraceListProps): VNode {
  const { rows, fresh, waitingCount } = list
  const isNarrow = useMedia(NARROW)
  const handle = useRef<ListHandle>(null)
  const [focused, setFocused] = useState('')
  /** As `focused`, at once: keys come faster than renders and frames. */
  const wanted = useRef('')
  const scrolled = useRef(0)
  const pointedAt = useRef(Number.NEGATIVE_INFINITY)
  const rowHeight = isNarrow ? 64 : 40
  const focusedIndex = rows.findIndex((row) => row.trace_id === focused)

  const hold = () => {
    const recently = performance.now() - pointedAt.current < POINTER_MS
    onHold(scrolled.current > 0 || focused !== '' || recently)
  }
  useEffect(hold)

  useLayoutEffect(() => {
    const place = kept()
    if (!place) return
    handle.current?.setScrollTop(place.scrollTop)
    if (place.focused) focus(place.focused)
  }, [])
  const want = (id: string) => {
    wanted.current = id
    setFocused(id)
  }
  const wantedIndex = () => rows.findIndex((row) => row.trace_id === wanted.current)
  const focus = (id: string) => {
    want(id)
    handle.current?.show(wantedIndex())
    // The row is in the document after this render. Another one may be wanted by then.
    requestAnimationFrame(() => linkOf(handle.current?.element(), wanted.current)?.focus())
  }
  const step = (by: number) => {
    if (rows.length === 0) return false
    const from = wantedIndex()
    const next = from < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, from + by))
    focus(rows[next]?.trace_id ?? '')
    return true
  }
  const leave = () => {
    if (wanted.current === '') return false
    linkOf(handle.current?.element(), wanted.current)?.blur()
    want('')
    return true
  }
  useKeys({ j: () => step(1), k: () => step(-1), Escape: leave })
  const onKeyDown = (event: KeyboardEvent) => {
    const acts = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 10,
      PageUp: -10,
      End: rows.length,
      Home: -rows.length,
    }
    const by = acts[event.key as keyof typeof acts]
    if (by !== undefined && step(by)) event.preventDefault()
  }
  const release = () => {
    scrolled.current = 0
    handle.current?.setScrollTop(0)
    leave()
    onRelease()
  }
  const longestNs = rows.reduce((most, row) => Math.max(most, row.duration_ns), 0)
  const nowUs = clock.value
  return html`<div class="trace-list">
    ${
      waitingCount > 0 &&
      html`<button type="button" class="button primary waiting" onClick=${release}>${waitingCount} new</button>`
    }
    <${VirtualList}
      items=${rows}
      rowHeight=${rowHeight}
      keyOf=${(trace: TraceRow) => trace.trace_id}
      label="Traces"
      class="trace-rows"
      handle=${handle}
      keep=${focusedIndex}
      onScroll=${(top: number) => {
        scrolled.current = top
        keep({ scrollTop: top, focused })
        hold()
      }}
      props=${{
        onKeyDown,
        onFocusIn: (event: FocusEvent) => want(idOf(event.target)),
        onFocusOut: (event: FocusEvent) => {
          if (!idOf(event.relatedTarget) && idOf(event.target) === wanted.current) want('')
        },
        onPointerMove: () => {
          pointedAt.current = performance.now()
          hold()
        },
        onClick: () => keep({ scrollTop: scrolled.current, focused }),
      }}
      row=${(trace: TraceRow) => html`<${TraceLine}
        trace=${trace}
        nowUs=${nowUs}
        longestNs=${longestNs}
        isFresh=${fresh.has(trace.trace_id)}
      />`}
    />
    ${
      truncated &&
      html`<p class="more">
        There are more than these ${counted(rows.length, 'trace')}.
        <button type="button" class="button" onClick=${onMore}>Show more</button>
      </p>`
    }
  </div>`
}

function linkOf(list: HTMLElement | null | undefined, id: string): HTMLElement | null | undefined {
  return list?.querySelector<HTMLElement>(`[data-trace="${CSS.escape(id)}"]`)
}

function idOf(target: EventTarget | null): string {
  return target instanceof HTMLElement ? (target.dataset['trace'] ?? '') : ''
}
