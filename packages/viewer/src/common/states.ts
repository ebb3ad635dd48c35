import { type ComponentChildren, html, type VNode } from './html.js'
import type { Failure } from './result.js'

export interface EmptyProps {
  readonly title: string
  /** What to do next. */
  readonly children?: ComponentChildren
}

/** A view without data. It says what to do next. */
export function Empty({ title, children }: EmptyProps): VNode {
  return html`<section class="state">
    <h2>${title}</h2>
    ${children}
  </section>`
}

export interface ErrorStateProps {
  readonly error: Failure
  readonly retry?: (() => void) | undefined
}

/** Why something cannot be shown, and what mends it. */
export function ErrorState({ error, retry }: ErrorStateProps): VNode {
  return html`<section class="state state-error" role="alert">
    <h2>${error.message}</h2>
    ${error.fix && html`<p>${error.fix}</p>`}
    ${retry && html`<p><button type="button" class="button" onClick=${retry}>Try again</button></p>`}
  </section>`
}

/** Takes the place of what is being loaded; it becomes visible after a moment, so that quick answers do not flicker. */
export function Loading({ what }: { readonly what: string }): VNode {
  return html`<p class="loading" role="status">Loading ${what} …</p>`
}
