import type { HrTime } from '@spanhouse/transform'
import { newCutLine } from './cut-line.js'
import { newLineReader } from './lines.js'
import { newMetrics } from './metrics.js'
import { type Line, parseLine, type Skipped } from './parse-line.js'
import type { Run, Sample } from './record.js'
import { newThresholds, type Thresholds } from './thresholds.js'

/** Takes the stream of k6 in: samples go on at once, and what is needed at the end is kept. */
export interface Intake {
  take(chunk: Uint8Array): void
  end(): void
  readonly samples: number
  readonly skipped: Readonly<Record<Skipped, number>>
  readonly thresholds: Thresholds
  /** Of the first and the last sample; undefined if there was none. */
  readonly span: { readonly first: HrTime; readonly last: HrTime } | undefined
}

interface Outlets {
  sample(sample: Sample): void
  /** A line that is no data, such as those of the banner. */
  text?(line: string): void
}

export function newIntake(run: Run, outlets: Outlets): Intake {
  const metrics = newMetrics()
  const thresholds = newThresholds()
  const cut = newCutLine()
  const skipped = { text: 0, broken: 0, foreign: 0, unreadable: 0, too_long: 0 }
  let samples = 0
  let first: HrTime | undefined
  let last: HrTime | undefined

  function onLine(line: string): void {
    const read = parseLine(line)
    const isData = read.is !== 'text' && read.is !== 'broken'
    const whole = isData ? undefined : cut.endWith(line)
    if (whole === undefined && read.is !== 'text') giveUp()
    if (whole === undefined && read.is === 'broken') cut.begin(line)
    else onRead(whole ?? read, line)
  }

  function giveUp(): void {
    if (cut.forget()) skipped.broken++
  }

  function onRead(read: Line, line: string): void {
    switch (read.is) {
      case 'point': {
        const { time, value, tags, metadata } = read
        samples++
        if (first === undefined || isBefore(time, first)) first = time
        if (last === undefined || isBefore(last, time)) last = time
        thresholds.add(read)
        const metric = metrics.named(read.metric)
        outlets.sample({ resource: run, metric, time, value, tags, metadata })
        return
      }
      case 'metric':
        metrics.describe(read)
        thresholds.declare(read)
        return
      case 'text':
        outlets.text?.(line)
        if (line.trim() !== '') skipped.text++
        return
      default:
        skipped[read.is]++
    }
  }

  const lines = newLineReader(onLine, () => {
    skipped.too_long++
  })
  return {
    take: (chunk) => lines.take(chunk),
    end() {
      lines.end()
      giveUp()
    },
    get samples() {
      return samples
    },
    skipped,
    thresholds,
    get span() {
      return first && last && { first, last }
    },
  }
}

function isBefore(a: HrTime, b: HrTime): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1])
}
