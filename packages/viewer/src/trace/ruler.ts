import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { durationText } from '../common/text.js'
import { ticksOf } from './ticks.js'
import type { Zoom } from './zoom.js'

/** The room that a mark of the ruler needs, in px. */
const TICK_PX = 88
/** A shorter drag is a press. */
const DRAG_PX = 4

export interface RulerProps {
  readonly zoom: Zoom
  readonly isZoomed: boolean
  readonly durationNs: number
  /** The shares of the width between which was dragged. */
  readonly onZoom: (a: number, b: number) => void
  readonly onReset: () => void
  /** The distance and place of the marks, in percent, for the lines in the rows. */
  readonly onTicks: (stepPercent: number, firstPercent: number) => void
}

/** The time axis. Dragging on it zooms, a double click shows everything again. */
export function Ruler(ruler: RulerProps): VNode {
  const { zoom, durationNs, isZoomed } = ruler
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(800)
  const [drag, setDrag] = useState<{ from: number; to: number } | undefined>(undefined)
  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => setWidth(element.clientWidth)
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    measure()
    return () => observer.disconnect()
  }, [])
  const { ticks, stepPercent } = ticksOf(zoom, Math.max(2, Math.floor(width / TICK_PX)))
  const first = ticks[0]?.percent ?? 0
  useLayoutEffect(() => ruler.onTicks(stepPercent, first), [stepPercent, first])

  const shareAt = (event: PointerEvent) => {
    const rect = (event.currentTarget as Element).getBoundingClientRect()
    return Math.min(Math.max((event.clientX - rect.left) / rect.width, 0), 1)
  }
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    const at = shareAt(event)
    setDrag({ from: at, to: at })
  }
  const move = (event: PointerEvent) => {
    if (drag) setDrag({ ...drag, to: shareAt(event) })
  }
  const up = () => {
    setDrag(undefined)
    if (drag && Math.abs(drag.to - drag.from) * width >= DRAG_PX) ruler.onZoom(drag.from, drag.to)
  }
  const lengthNs = zoom.toNs - zoom.fromNs
  return html`<div
    class="wf-ruler"
    ref=${box}
    title="Drag to zoom"
    onPointerDown=${down}
    onPointerMove=${move}
    onPointerUp=${up}
    onPointerCancel=${() => setDrag(undefined)}
    onDblClick=${ruler.onReset}
  >
    ${ticks.map(
      ({ percent, text }) => html`<span
        class=${`wf-tick${percent > 92 ? ' is-last' : ''}`}
        style=${{ left: `${percent}%` }}
        key=${text}
      >${text}</span>`,
    )}
    ${
      isZoomed &&
      html`<span class="wf-extent" aria-hidden="true"><span style=${{
        left: `${(100 * zoom.fromNs) / durationNs}%`,
        width: `${(100 * lengthNs) / durationNs}%`,
      }}></span></span>`
    }
    ${drag && html`<${Drag} from=${Math.min(drag.from, drag.to)} to=${Math.max(drag.from, drag.to)} lengthNs=${lengthNs} />`}
  </div>`
}

function Drag({
  from,
  to,
  lengthNs,
}: {
  readonly from: number
  readonly to: number
  readonly lengthNs: number
}): VNode {
  return html`<span class="wf-drag" style=${{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}>
    <span>${durationText((to - from) * lengthNs)}</span>
  </span>`
}
