/** Which rows are in the document. */
export interface Window {
  readonly first: number
  /** Exclusive. */
  readonly end: number
}

/** The rows of a list that are visible at a scroll position, and `overscan` more on each side, so that scrolling shows no gap. */
export function visibleRows(
  count: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
  overscan = 8,
): Window {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan)
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + overscan)
  return { first: Math.min(first, end), end }
}

/** The scroll position at which the row is visible, as near to the present one as possible. */
export function scrollToShow(
  index: number,
  rowHeight: number,
  scrollTop: number,
  height: number,
): number {
  const top = index * rowHeight
  if (top < scrollTop) return top
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop
}
