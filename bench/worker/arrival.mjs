// Whether every span really is in what was sent.
import { openFeed } from '../spans/feed.mjs'
import { startSubject } from '../subjects/subjects.mjs'
import { countsOf } from './ask.mjs'
import { push } from './push.mjs'

export async function measure({ subject: name, shape, spans: count, ...surroundings }) {
  const subject = await startSubject(name, surroundings)
  await push(subject, openFeed(shape, count), count)
  const { rows } = await countsOf(surroundings.endpoints[0])
  return { rows }
}
