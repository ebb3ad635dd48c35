// Spans a second into a real server, until SELECT count() finds all of them.
import { push } from './push.mjs'
import { openTable } from './table.mjs'
import { warmedUp } from './warmed-up.mjs'

export async function measure(job) {
  const { subject, nextSpan } = await warmedUp(job)
  const table = openTable(job.endpoints[0])
  await table.empty()
  return table.timed(job.spans, () => push(subject, nextSpan, job.spans))
}
