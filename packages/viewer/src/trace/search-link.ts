import { linkTo } from '../shell/address.js'

/** A longer value makes a link that no browser opens. */
const LONGEST_VALUE = 500

/** The search for spans with this attribute, as the search box takes it; undefined if the value is too long for a search. */
export function attributeSearch(key: string, value: string): string | undefined {
  if (value.length > LONGEST_VALUE || value === '') return undefined
  // A key with a sign of the search language in it can only be looked for by its value.
  return /^[^\s"=!~:<>]+$/.test(key) ? `${key}=${quoted(value)}` : quoted(value)
}

/** The search for the spans of an operation. */
export function operationSearch(service: string, name: string): string {
  return [service && `service:${quoted(service)}`, name && `name:${quoted(name)}`]
    .filter(Boolean)
    .join(' ')
}

/** The address of the traces with the search; undefined if there is no search. */
export function tracesLink(search: string | undefined): string | undefined {
  return search === undefined ? undefined : linkTo({ view: 'traces' }, { q: search })
}

export function quoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `"${text.replace(/["\\]/g, '\\$&')}"`
}
