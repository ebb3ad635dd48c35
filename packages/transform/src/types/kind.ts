import type { ByteWriter } from '../writing/byte-writer.js'
import type { Encoding } from '../writing/encoding.js'

/** `hex`: lower-case hex digits. `time`: an HrTime, with nine digits after the point. `whole`: a whole number in quotes. `text`: a text. */
export type Form = 'hex' | 'time' | 'whole' | 'text'

/** How the values of a ClickHouse type are written in JSONEachRow. */
export interface Kind {
  /** JSON text for undefined, null, and values that cannot be read: the server's default for the type. */
  readonly empty: string
  /** The form of its ordinary values, which `row/step.ts` writes without asking the kind. */
  readonly form?: Form
  /** Writes an ordinary number as `write` would; returns false, with nothing written, for one that it leaves to `write`. For lists of numbers. */
  number?(value: number, out: ByteWriter): boolean
  /** Writes the value. Returns false if it cannot be read as this type; the caller then removes what was written. May throw. */
  write(value: NonNullable<unknown>, encoding: Encoding): boolean
}

/** Writes any value as `kind`; never throws. */
export function writeAs(kind: Kind, value: unknown, encoding: Encoding): void {
  const { out } = encoding
  if (value !== undefined && value !== null) {
    const start = out.length
    try {
      if (kind.write(value, encoding)) return
    } catch {
      // The value has a getter or a Proxy trap that throws.
    }
    out.length = start
    encoding.tally.unreadableValues++
  }
  out.text(kind.empty)
}
