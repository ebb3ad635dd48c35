import { createHash, timingSafeEqual } from 'node:crypto'
import { Refusal } from '../answers/refusal.js'

/** Throws a Refusal if the `authorization` header does not contain the token. */
export type CheckToken = (authorization: string | undefined) => void

export function newTokenCheck(token: string | undefined): CheckToken {
  if (token === undefined) return () => {}
  const wanted = digest(token)
  return (authorization = '') => {
    const [, given = ''] = /^bearer +(.+)$/i.exec(authorization) ?? []
    // Texts of different lengths cannot be compared in constant time; their digests can.
    if (!timingSafeEqual(digest(given.trim()), wanted))
      throw new Refusal(
        'unauthenticated',
        'The token is missing or wrong: send the header "authorization: Bearer <token>".',
      )
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
