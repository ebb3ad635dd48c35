import { Refusal } from '../answers/refusal.js'

/** Each request takes about 10 KiB besides its body, and one connection may send thousands of them before the first is answered. */
const MAX_REQUESTS = 5000

/** Takes a place for one request until the function that it returns is called. Throws a Refusal if all are taken. */
export type TakePlace = () => () => void

export function newPlaces(most: number = MAX_REQUESTS): TakePlace {
  let taken = 0
  return () => {
    if (taken >= most)
      throw new Refusal('busy', 'Too many requests are in progress: repeat this one later.')
    taken++
    return () => {
      taken--
    }
  }
}
