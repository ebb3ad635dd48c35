import { useEffect, useRef } from 'preact/hooks'
import { type ComponentChildren, html, type VNode } from './html.js'
import { Icon } from './icons.js'

export interface DialogProps {
  readonly title: string
  readonly onClose: () => void
  readonly children?: ComponentChildren
  readonly class?: string
}

/** A modal dialog. It is open while it is in the document; the browser keeps the focus in it and closes it at Escape. */
export function Dialog({ title, onClose, children, class: className = '' }: DialogProps): VNode {
  const element = useRef<HTMLDialogElement>(null)
  useEffect(() => element.current?.showModal(), [])
  const onClick = (event: MouseEvent) => {
    if (event.target === element.current) onClose() // the backdrop
  }
  return html`<dialog ref=${element} class=${className} aria-label=${title} onClose=${onClose} onClick=${onClick}>
    <div class="dialog-body">
      <header class="dialog-head">
        <h2>${title}</h2>
        <button type="button" class="button quiet" aria-label="Close" onClick=${onClose}>
          <${Icon} name="close" />
        </button>
      </header>
      ${children}
    </div>
  </dialog>`
}
