import { type Given, givenBelow, type Tree } from './given.js'
import { PRIMARY } from './layers.js'

/** Options that contradict each other. */
export interface Conflict {
  /** A sentence. */
  readonly text: string
  /** The values that take part in it. */
  readonly between: readonly Part[]
}

export interface Part {
  /** The option, or the group that it is in. */
  readonly option: string
  readonly given: Given
}

export function partsOf(tree: Tree, path: string): Part[] {
  const [option = '', ...rest] = path.split('.')
  return givenBelow(tree, [option, ...rest]).map((given) => ({ option, given }))
}

/** How the path of an option of this destination begins in messages. */
export function placeOf(destination: string): string {
  return destination === PRIMARY ? '' : `destinations[${destination}].`
}
