import type { RefObject } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Layout, NODE } from './layout.js'

export interface Fit {
  readonly box: RefObject<HTMLDivElement | null>
  /** Of the map's size. */
  readonly scale: number
  /** Undefined if the whole map has room at its own size. */
  readonly isFit: boolean | undefined
  readonly setFit: (isFit: boolean) => void
}

/** A map larger than its box is shown at its own size, to be scrolled, or as small as it takes to see all of it. */
export function useFit(layout: Layout): Fit {
  const box = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState({ width: 0, height: 0 })
  const [wantsFit, setFit] = useState(false)

  useLayoutEffect(() => {
    const element = box.current
    if (!element) return
    const measure = () => setSize({ width: element.clientWidth, height: element.clientHeight })
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  // What is called by nothing is where reading begins; in a large map it may be below the edge of the box.
  useLayoutEffect(() => {
    const entries = [...layout.places.values()].filter(({ x }) => x === NODE.margin)
    const middle = entries.reduce((sum, { y }) => sum + y, 0) / Math.max(1, entries.length)
    const element = box.current
    if (element && !wantsFit) element.scrollTop = middle - element.clientHeight / 2
  }, [wantsFit])

  const whole = Math.min(1, size.width / layout.width, size.height / layout.height)
  const isLarger = whole > 0 && whole < 1
  return {
    box,
    scale: wantsFit && isLarger ? whole : 1,
    isFit: isLarger || wantsFit ? wantsFit : undefined,
    setFit,
  }
}
