import { useEffect, useRef, useState } from 'preact/hooks'
import { type ComponentChildren, html, type VNode } from './html.js'

export interface PopoverProps {
  readonly label: string
  /** What the button shows. */
  readonly face: ComponentChildren
  /** What opens; `close` gives the focus back to the button. */
  readonly children: (close: () => void) => ComponentChildren
  readonly class?: string
}

/** A button that opens a panel below it. Escape and a click anywhere else close it. */
export function Popover({ label, face, children, class: className = '' }: PopoverProps): VNode {
  const [isOpen, setOpen] = useState(false)
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  useEffect(() => {
    if (!isOpen) return
    const outside = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false)
    }
    addEventListener('pointerdown', outside)
    addEventListener('focusin', outside)
    return () => {
      removeEventListener('pointerdown', outside)
      removeEventListener('focusin', outside)
    }
  }, [isOpen])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return
    event.stopPropagation()
    close()
  }
  return html`<div class=${`popover ${className}`} ref=${box} onKeyDown=${onKeyDown}>
    <button
      type="button"
      class="button"
      ref=${button}
      aria-label=${label}
      aria-expanded=${isOpen}
      aria-haspopup="dialog"
      onClick=${() => setOpen(!isOpen)}
    >${face}</button>
    ${isOpen && html`<div class="popover-panel" role="dialog" aria-label=${label}>${children(close)}</div>`}
  </div>`
}
