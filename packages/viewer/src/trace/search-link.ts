import { searchText } from '@spanhouse/queries'
import { linkTo } from '../shell/address.js'

/** A longer value makes a link that no browser opens. */
const LONGEST_VALUE = 500

/** The search for spans with this attribute, as the search box takes it; undefined if the value is too long for a search. */
export function attributeSearch(key: string, value: string): string | undefined {
  if (value === '' || value.length > LONGEST_VALUE || key.length > LONGEST_VALUE) return undefined
  return searchText({ attributes: [{ key, op: '=', value }] })
}

/** The search for the spans of a service, or of one of its operations. */
export function operationSearch(service: string, name: string): string {
  return searchText({
    ...(service !== '' && { services: [service] }),
    ...(name !== '' && { operation: name }),
  })
}

/** The address of the traces with the search; undefined if there is no search. */
export function tracesLink(search: string | undefined): string | undefined {
  return search ? linkTo({ view: 'traces' }, { q: search }) : undefined
}
