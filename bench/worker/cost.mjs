// What a span costs when they come as fast as they are taken: CPU time, bytes sent, and spans a second.
import { performance } from 'node:perf_hooks'
import { countsOf } from './ask.mjs'
import { cpuTimes } from './cpu.mjs'
import { push } from './push.mjs'
import { warmedUp } from './warmed-up.mjs'

export async function measure(job) {
  const { subject, nextSpan } = await warmedUp(job)
  const { spans } = job
  const [sink] = job.endpoints
  await countsOf(sink)

  const startedAt = performance.now()
  const before = cpuTimes()
  await push(subject, nextSpan, spans)
  const seconds = (performance.now() - startedAt) / 1000
  const after = cpuTimes()

  const { bytes, requests } = await countsOf(sink)
  return {
    mainUs: after.mainUs === null ? null : (after.mainUs - before.mainUs) / spans,
    cpuUs: (after.allUs - before.allUs) / spans,
    wireBytes: requests === 0 ? null : bytes / spans,
    spansPerSecond: spans / seconds,
  }
}
