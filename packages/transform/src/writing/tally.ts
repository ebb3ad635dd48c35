/** Counts what encoding altered or dropped. The counters only grow. Make one with `newTally()` and pass it to any number of calls. */
export interface Tally {
  /** Times outside 1970-01-01 … 2262-04-11 (or the column's narrower range), moved to its nearer end. */
  clampedTimes: number
  /** Numbers moved into the column's range or rounded to a whole number; negative durations are among them. */
  adjustedNumbers: number
  /** Strings in which lone UTF-16 surrogates became U+FFFD. */
  repairedStrings: number
  /** Values cut at a limit: length, depth, a cycle, or the size of a row. */
  truncatedValues: number
  /** Attributes left out: over `attributeCount`, or not an attribute value (a function, a symbol, a getter that throws). */
  droppedAttributes: number
  /** Events left out: over `eventCount`, or not an object. */
  droppedEvents: number
  /** Links left out: over `linkCount`, or not an object. */
  droppedLinks: number
  /** Data points of metrics left out because they could not be read; 1 for a list of them. */
  droppedPoints: number
  /** Values that could not be read as their column's type, or threw: the column's empty value is stored instead. */
  unreadableValues: number
  /** Trace and span ids that are not hex; they are stored as they are. */
  invalidIds: number
}

/** A tally with every counter at 0. */
export function newTally(): Tally {
  return {
    clampedTimes: 0,
    adjustedNumbers: 0,
    repairedStrings: 0,
    truncatedValues: 0,
    droppedAttributes: 0,
    droppedEvents: 0,
    droppedLinks: 0,
    droppedPoints: 0,
    unreadableValues: 0,
    invalidIds: 0,
  }
}

export function addTally(into: Tally, more: Tally, times = 1): void {
  for (const counter of Object.keys(more) as (keyof Tally)[]) into[counter] += times * more[counter]
}

export function isZero(tally: Tally): boolean {
  return Object.values(tally).every((count) => count === 0)
}
