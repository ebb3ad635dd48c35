import { html, type VNode } from '../common/html.js'
import { change, parameter } from '../shell/address.js'

const SORTS = [
  ['newest', 'Newest'],
  ['slowest', 'Slowest'],
  ['errors', 'Errors'],
] as const

export type Sort = (typeof SORTS)[number][0]

/** What the address says; the newest first if it says nothing that we know. */
export function sortOf(text: string): Sort {
  return SORTS.find(([sort]) => sort === text)?.[0] ?? 'newest'
}

export function SortControl(): VNode {
  const chosen = sortOf(parameter('sort'))
  return html`<div class="segments" role="group" aria-label="Order">
    ${SORTS.map(
      ([sort, text]) => html`<button
        type="button"
        class="segment"
        aria-pressed=${sort === chosen}
        onClick=${() => change({ sort: sort === 'newest' ? undefined : sort })}
      >${text}</button>`,
    )}
  </div>`
}
