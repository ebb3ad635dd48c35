import { randomBytes } from 'node:crypto'
import type { HrTime } from '@spanhouse/transform'
import type { Config } from '#exporter'
import { type Delivery, openDelivery } from './delivery.js'
import { type Intake, newIntake } from './intake.js'
import type { Row } from './record.js'
import type { Report } from './report.js'
import type { Verdicts } from './summary.js'

/** One run on its way into ClickHouse. */
export interface Session {
  readonly intake: Intake
  /** As of `Delivery`. */
  readonly room: Delivery['room']
  /** Writes the thresholds, flushes, and reports what became of all rows. To be called once. */
  finish(verdicts: Verdicts): Promise<Report>
}

/** `onText`: gets lines that are no data. */
export function openSession(
  config: Config<Row>,
  runId: string = newRunId(),
  onText?: (line: string) => void,
): Session {
  const run = { attributes: { run_id: runId } }
  const delivery = openDelivery(config)
  const intake = newIntake(run, { sample: delivery.write, ...(onText && { text: onText }) })
  return {
    intake,
    room: delivery.room,
    async finish(verdicts) {
      const { samples, skipped, span } = intake
      const thresholds = intake.thresholds.judged(verdicts, span ? secondsIn(span) : 0)
      const time = span?.last ?? hrTime(Date.now())
      for (const one of thresholds) delivery.write({ ...one, resource: run, time })
      const unjudged = verdicts.all().length === 0 ? intake.thresholds.parts : []
      return { runId, samples, skipped, thresholds, unjudged, delivered: await delivery.finish() }
    },
  }
}

/** Sorts by time: `20261128T093000Z-5f1c`. */
function newRunId(): string {
  const now = new Date().toISOString().replace(/\.\d+/, '').replaceAll(/[-:]/g, '')
  return `${now}-${randomBytes(2).toString('hex')}`
}

function secondsIn({ first, last }: NonNullable<Intake['span']>): number {
  return last[0] - first[0] + (last[1] - first[1]) / 1e9
}

function hrTime(ms: number): HrTime {
  return [Math.floor(ms / 1000), (ms % 1000) * 1e6]
}
