import { html, type VNode } from './html.js'

// Paths in a box of 16 by 16, drawn with lines.
const PATHS = {
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10Zm3.6-1.4L14 14',
  clock: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-9.5V8l2.4 1.6',
  close: 'm4 4 8 8m0-8-8 8',
  down: 'm4 6 4 4 4-4',
  up: 'm4 10 4-4 4 4',
  left: 'm10 4-4 4 4 4',
  right: 'm6 4 4 4-4 4',
  error: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-9v3.6m0 2.2v.1',
  copy: 'M6 6h7v7H6zM10 6V3H3v7h3',
  table: 'M2.5 3h11v10h-11zm0 3.5h11m-11 3.2h11M6 6.5V13',
  help: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.4 6.3a1.7 1.7 0 1 1 2.5 1.6c-.6.4-.9.7-.9 1.3m0 1.9v.1',
} as const

export type IconName = keyof typeof PATHS

/** A picture beside a text that says the same, so it is hidden from screen readers. */
export function Icon({ name }: { readonly name: IconName }): VNode {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`
}
