import { useEffect, useState } from 'preact/hooks'
import { html, type VNode } from './html.js'

export interface CopyButtonProps {
  /** Called when the button is pressed, so that a long text is only made when it is wanted. */
  readonly text: () => string
  readonly label: string
  readonly class?: string
}

/** Copies a text, and says for two seconds that it did or why it could not. */
export function CopyButton({ text, label, class: className = 'button' }: CopyButtonProps): VNode {
  const [said, say] = useState('')
  useEffect(() => {
    if (!said) return
    const timer = setTimeout(() => say(''), 2000)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async () => say((await copied(text())) ? 'Copied' : 'Not allowed to copy')
  return html`<button type="button" class=${className} onClick=${copy}>
    <span aria-live="polite">${said || label}</span>
  </button>`
}

/** Whether the text is on the clipboard now. */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false // the browser asked the user, who refused, or the page is not shown in a secure context
  }
}
