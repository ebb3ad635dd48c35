import { newTally } from '../writing/tally.js'
import type { Kind } from './kind.js'

export interface Member {
  /** The name of its type, without arguments. */
  readonly name: string
  readonly kind: Kind
}

const NATURAL: Readonly<Record<string, RegExp>> = {
  string: /^(String|FixedString|UUID|IPv|Enum|Date)/,
  number: /^(U?Int|Float|BFloat|Decimal)/,
  bigint: /^(U?Int|Decimal)/,
  boolean: /^Bool$/,
  object: /^(Array|Map|Tuple|JSON)$/,
}

/**
 * The first member that can hold the value as it is, or else the first that can hold it altered; members of the same sort as the value
 * come first. The server reads the text by itself, and may take another member that can hold it.
 */
export function variant(members: readonly Member[]): Kind {
  return {
    empty: 'null',
    write(value, encoding) {
      const { out, room } = encoding
      const start = out.length
      const natural = NATURAL[typeof value]
      const isNatural = ({ name }: Member) => natural?.test(name) === true
      const inOrder = [...members].sort((a, b) => Number(isNatural(b)) - Number(isNatural(a)))
      let altered: Kind | undefined
      for (const { kind } of inOrder) {
        const tally = newTally()
        const trial = { ...encoding, tally }
        const isWritten = attempt(() => kind.write(value, trial))
        const isExact = isWritten && Object.values(tally).every((count) => count === 0)
        if (isExact) {
          encoding.room = trial.room
          return true
        }
        if (isWritten) altered ??= kind
        out.length = start
      }
      encoding.room = room
      return altered?.write(value, encoding) ?? false
    },
  }
}

function attempt(write: () => boolean): boolean {
  try {
    return write()
  } catch {
    return false
  }
}
