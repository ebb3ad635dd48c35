import type { AnyRecord } from './reading.js'
import { attempt } from './reading.js'

/** The attribute that says from where a record comes. */
export const ORIGIN = 'spanhouse.origin'

/** The stamp of a record: its own attribute, if a gateway has set that, or its resource's. */
export function originOf(record: AnyRecord): string | undefined {
  const stamp =
    attempt(() => record.attributes?.[ORIGIN]) ?? attempt(() => record.resource?.attributes[ORIGIN])
  return typeof stamp === 'string' && stamp !== '' ? stamp : undefined
}
