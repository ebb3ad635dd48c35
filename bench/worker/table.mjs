import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { ask } from './ask.mjs'

/** telemetry.traces of a real server, for a measurement that begins with none of its rows. */
export function openTable(endpoint) {
  const rows = async () => Number(await ask(endpoint, 'SELECT count() FROM telemetry.traces'))

  return {
    empty: () => ask(endpoint, 'TRUNCATE TABLE telemetry.traces'),
    /** Does the work and waits until all of its `count` rows can be counted. */
    async timed(count, work) {
      const startedAt = performance.now()
      await work()
      while ((await rows()) < count) await sleep(5)
      const seconds = (performance.now() - startedAt) / 1000
      const found = await rows()
      if (found !== count) throw new Error(`${found} rows of ${count} spans`)
      return { spansPerSecond: count / seconds }
    },
  }
}
