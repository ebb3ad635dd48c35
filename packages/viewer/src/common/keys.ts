import { useLayoutEffect, useRef } from 'preact/hooks'

/** A key with what it does. It returns false if the key is not for it. */
export type KeyTable = Readonly<Record<string, (event: KeyboardEvent) => unknown>>

/**
 * Keys that work anywhere on the page but in a field that takes text and while a dialog is open. With Ctrl, Alt or Meta a key belongs
 * to the browser.
 */
export function useKeys(table: KeyTable): void {
  const latest = useRef(table)
  latest.current = table
  // As soon as the view is in the document: an effect would run a frame later, and a key pressed meanwhile would do nothing.
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      if (takesText(event.target) || document.querySelector('dialog[open]')) return
      const act = latest.current[event.key]
      if (act && act(event) !== false) event.preventDefault()
    }
    addEventListener('keydown', onKeyDown)
    return () => removeEventListener('keydown', onKeyDown)
  }, [])
}

function takesText(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, [contenteditable]') !== null
  )
}
