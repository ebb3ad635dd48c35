import { openFeed } from '../spans/feed.mjs'
import { startSubject } from '../subjects/subjects.mjs'
import { push } from './push.mjs'
import { settle } from './settle.mjs'

/** So many spans and nearly all code is compiled as it stays. */
const WARM_UP = 40_000
const MOST_DIFFERENT = 40_000

/** A subject at work, and the feed to go on with for `spans` more. */
export async function warmedUp({ subject: name, shape, spans, warmUp = WARM_UP, ...surroundings }) {
  const nextSpan = openFeed(shape, Math.min(warmUp + spans, MOST_DIFFERENT))
  const subject = await startSubject(name, surroundings)
  // Before the warm-up: V8 throws compiled code away with the garbage, and compiling it again would be measured.
  await settle()
  await push(subject, nextSpan, warmUp)
  return { subject, nextSpan }
}
