import { newTally, type Tally } from '@spanhouse/transform'
import { addTally, isZero } from '@spanhouse/transform/internal'

/** How many values encoding altered or left out, by what was done to them. Contains only what occurred. */
export type Altered = Partial<Record<keyof Tally, number>>

/** Who is told about the first batch with such values. */
interface Told {
  readonly log: { altered(values: Altered): void }
}

/** Counts what encoding altered in rows. */
export class Alterations {
  readonly tally: Tally = newTally()
  #isSaid = false

  get counts(): Altered {
    return Object.fromEntries(Object.entries(this.tally).filter(([, values]) => values > 0))
  }

  /** A batch is complete. `common`: what was altered in the values that its rows share, which no single row counts. */
  sealed(rows: number, common: Tally | undefined, destinations: readonly Told[]): void {
    if (common) addTally(this.tally, common, rows)
    if (this.#isSaid || isZero(this.tally)) return
    this.#isSaid = true // before the line, because the logger may make records too
    for (const { log } of destinations) log.altered(this.counts)
  }
}
