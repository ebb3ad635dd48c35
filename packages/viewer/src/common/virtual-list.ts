import type { Ref } from 'preact'
import { useImperativeHandle, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { html, type VNode } from './html.js'
import { scrollToShow, visibleRows } from './virtual-rows.js'

/** What the owner of a list can do with it. */
export interface ListHandle {
  /** Scrolls as little as possible. */
  show(index: number): void
  scrollTop(): number
  setScrollTop(px: number): void
  /** The element that scrolls. */
  element(): HTMLElement | null
}

export interface VirtualListProps<Item> {
  readonly items: readonly Item[]
  /** In CSS pixels. Every row has it. */
  readonly rowHeight: number
  readonly keyOf: (item: Item, index: number) => string
  readonly row: (item: Item, index: number) => VNode
  /** More properties of the element around a row: `aria-level`, `aria-selected`, `id`, … */
  readonly rowProps?: (item: Item, index: number) => Record<string, unknown>
  readonly label: string
  /** Of the list and of its rows; `list` and `listitem` by default. */
  readonly role?: string
  readonly rowRole?: string
  readonly class?: string
  /** A row that stays in the document wherever the list is scrolled to, because it has the focus. */
  readonly keep?: number | undefined
  readonly handle?: Ref<ListHandle>
  readonly onScroll?: (scrollTop: number) => void
  /** More properties of the list itself: `tabIndex`, `onKeyDown`, `aria-activedescendant`, … */
  readonly props?: Record<string, unknown>
}

/** A list of which only the visible rows are in the document. It fills the height that its class gives it and scrolls inside. */
export function VirtualList<Item>(list: VirtualListProps<Item>): VNode {
  const { items, rowHeight, role = 'list', rowRole = 'listitem' } = list
  const element = useRef<HTMLDivElement>(null)
  const [view, setView] = useState({ top: 0, height: 600 })

  useLayoutEffect(() => {
    const box = element.current
    if (!box) return
    const measure = () =>
      setView((old) =>
        old.height === box.clientHeight ? old : { top: box.scrollTop, height: box.clientHeight },
      )
    const observer = new ResizeObserver(measure)
    observer.observe(box)
    measure()
    return () => observer.disconnect()
  }, [])

  useImperativeHandle(list.handle ?? null, () => ({
    show(index) {
      const box = element.current
      if (box) box.scrollTop = scrollToShow(index, rowHeight, box.scrollTop, box.clientHeight)
      if (box) setView({ top: box.scrollTop, height: box.clientHeight })
    },
    scrollTop: () => element.current?.scrollTop ?? 0,
    setScrollTop(px) {
      if (element.current) element.current.scrollTop = px
    },
    element: () => element.current,
  }))

  const onScroll = () => {
    const box = element.current
    if (!box) return
    setView({ top: box.scrollTop, height: box.clientHeight })
    list.onScroll?.(box.scrollTop)
  }

  const { first, end } = visibleRows(items.length, rowHeight, view.top, view.height)
  const indexes = Array.from({ length: end - first }, (_, n) => first + n)
  const { keep } = list
  if (keep !== undefined && keep >= 0 && keep < items.length && (keep < first || keep >= end))
    indexes.push(keep)

  return html`<div
    ref=${element}
    class=${`virtual-list ${list.class ?? ''}`}
    role=${role}
    aria-label=${list.label}
    onScroll=${onScroll}
    ...${list.props}
  >
    <div class="virtual-space" role="presentation" style=${{ height: `${items.length * rowHeight}px` }}>
      ${indexes.map((index) => {
        const item = items[index] as Item
        return html`<div
          key=${list.keyOf(item, index)}
          class="virtual-row"
          role=${rowRole}
          aria-setsize=${items.length}
          aria-posinset=${index + 1}
          style=${{ transform: `translateY(${index * rowHeight}px)`, height: `${rowHeight}px` }}
          ...${list.rowProps?.(item, index)}
        >${list.row(item, index)}</div>`
      })}
    </div>
  </div>`
}
