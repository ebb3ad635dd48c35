import { computed, signal } from '@preact/signals'
import { queryText } from '../api/client.js'
import { forgetStatements } from '../api/statements.js'
import { pathOf, type Route, routeOf } from './route.js'

// The address of the page is its state: a view reads what it shows from here, and changes it only by going to another address.

const isBrowser = typeof location !== 'undefined'
const address = signal(isBrowser ? location.pathname + location.search : '/')

/** The path, without the query string. */
export const path = computed(() => address.value.split('?', 1)[0] ?? '/')
export const route = computed<Route>(() => routeOf(path.value))
/** What the query string says, by name. */
export const parameters = computed<Readonly<Record<string, string>>>(() =>
  Object.fromEntries(new URLSearchParams(address.value.split('?')[1] ?? '')),
)

/** The value of a parameter; empty if the address does not have it. */
export function parameter(name: string): string {
  return parameters.value[name] ?? ''
}

/** Keeps up with the back and forward buttons. */
export function followHistory(): void {
  addEventListener('popstate', () => moved())
}

function moved(): void {
  const before = path.peek()
  address.value = location.pathname + location.search
  if (path.peek() !== before) forgetStatements()
}

export type Change = Readonly<Record<string, string | number | undefined>>

/** Goes to another address. `replace` is for what should not be a step of the back button, such as each letter that is typed. */
export function goTo(to: string, { replace = false } = {}): void {
  if (to === location.pathname + location.search) return
  if (replace) history.replaceState(null, '', to)
  else history.pushState(null, '', to)
  moved()
}

/** Changes parameters of this view. An undefined or empty one is taken away. */
export function change(parts: Change, options?: { replace?: boolean }): void {
  goTo(path.peek() + queryText({ ...parameters.peek(), ...parts }), options)
}

/** What every view keeps when another one is opened: the table and the range. */
const KEPT = ['table', 'range', 'from', 'to', 'live']

/** The address of a view. Table and range stay as they are; `parts` are added. */
export function linkTo(to: Exclude<Route, { view: 'unknown' }>, parts: Change = {}): string {
  const kept = Object.fromEntries(KEPT.map((name) => [name, parameters.value[name]]))
  return pathOf(to) + queryText({ ...kept, ...parts })
}

/** Makes links within the page change the view without loading it again. Other buttons and keys do what they do anywhere. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
  const link = (event.target as Element | null)?.closest?.('a[href]')
  if (!(link instanceof HTMLAnchorElement) || link.target || link.hasAttribute('download')) return
  if (link.origin !== location.origin || link.getAttribute('href')?.startsWith('#')) return
  event.preventDefault()
  goTo(link.pathname + link.search)
}
