import { useState } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'

const KEY = 'spanhouse.names-width'
const LEAST = 160
const MOST = 900
const USUAL = 400

/** The width of the names, kept by the browser. */
export function useNamesWidth(): [number, (px: number) => void] {
  const [width, setWidth] = useState(() => bounded(Number(stored()) || USUAL))
  return [
    width,
    (px) => {
      setWidth(bounded(px))
      try {
        localStorage.setItem(KEY, String(bounded(px)))
      } catch {
        // The browser keeps nothing; the width lasts as long as the page.
      }
    },
  ]
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

function bounded(px: number): number {
  return Math.round(Math.min(Math.max(px, LEAST), MOST))
}

export interface SplitterProps {
  readonly width: number
  readonly onWidth: (px: number) => void
}

/** Between names and bars. It moves by the pointer and by the arrow keys. */
export function Splitter({ width, onWidth }: SplitterProps): VNode {
  const [from, setFrom] = useState<{ x: number; width: number } | undefined>(undefined)
  const down = (event: PointerEvent) => {
    ;(event.currentTarget as Element).setPointerCapture(event.pointerId)
    setFrom({ x: event.clientX, width })
  }
  const move = (event: PointerEvent) => {
    if (from) onWidth(from.width + event.clientX - from.x)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -16, ArrowRight: 16 }[event.key]
    if (by === undefined) return
    event.preventDefault()
    onWidth(width + by)
  }
  return html`<div
    class="wf-splitter"
    role="separator"
    tabindex="0"
    aria-label="Width of the names"
    aria-orientation="vertical"
    aria-valuenow=${width}
    aria-valuemin=${LEAST}
    aria-valuemax=${MOST}
    onPointerDown=${down}
    onPointerMove=${move}
    onPointerUp=${() => setFrom(undefined)}
    onPointerCancel=${() => setFrom(undefined)}
    onDblClick=${() => onWidth(USUAL)}
    onKeyDown=${onKeyDown}
  ></div>`
}
