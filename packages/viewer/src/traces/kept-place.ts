import type { LiveList } from './live-list.js'

/** Where somebody was in the list when they opened a trace, so that the back button brings them there. */
interface Place {
  readonly address: string
  readonly scrollTop: number
  readonly focused: string
  readonly list: LiveList
  /** How many traces were asked for. */
  readonly limit: number
}

let place: Partial<Place> = {}

const address = (): string => location.pathname + location.search

export function keep(part: Partial<Omit<Place, 'address'>>): void {
  if (location.pathname !== '/') return
  place = place.address === address() ? { ...place, ...part } : { ...part, address: address() }
}

/** The place in the list of this address. */
export function kept(): Omit<Place, 'address'> | undefined {
  const { list, limit } = place
  if (place.address !== address() || !list || !limit) return undefined
  return { list, limit, scrollTop: place.scrollTop ?? 0, focused: place.focused ?? '' }
}
