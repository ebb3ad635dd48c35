// How long the event loop is held up while spans come at a steady pace.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { pace } from './pace.mjs'
import { warmedUp } from './warmed-up.mjs'

export async function measure({ rates, seconds, ...job }) {
  const { subject, nextSpan } = await warmedUp({ ...job, spans: 0 })
  const figures = {}
  for (const rate of rates) {
    const delays = monitorEventLoopDelay({ resolution: 1 })
    delays.enable()
    await pace(subject, nextSpan, rate, seconds)
    delays.disable()
    figures[`largestMs${rate}`] = delays.max / 1e6
    figures[`p99Ms${rate}`] = delays.percentile(99) / 1e6
    await subject.flush()
  }
  return figures
}
