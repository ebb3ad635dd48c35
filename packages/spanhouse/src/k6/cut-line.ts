import { type Line, parseLine } from './parse-line.js'

/**
 * A sample that k6 has cut in two. With `--out json=-` and without `--quiet`, it writes its progress between any two bytes of its samples.
 * Remembers one beginning at a time.
 */
export interface CutLine {
  /** Remembers a line that is broken. */
  begin(line: string): void
  /** What a later line makes of the beginning, if it is its end; undefined if it is not. */
  endWith(line: string): Line | undefined
  /** Forgets the beginning. Whether there was one. */
  forget(): boolean
}

/** Lines of the progress, one for each scenario, and some that are empty. */
const MOST_BETWEEN = 1000
const MOST_LENGTH = 64 * 1024
/** The decoder writes this in place of a character that was cut. */
const REPLACEMENT = '\uFFFD'

export function newCutLine(): CutLine {
  let beginning: string | undefined
  let between = 0
  return {
    begin(line) {
      beginning = line
      between = 0
    },
    endWith(line) {
      if (beginning === undefined || between++ > MOST_BETWEEN) return undefined
      if (beginning.length > MOST_LENGTH || beginning.endsWith(REPLACEMENT)) return undefined
      const whole = parseLine(beginning + line)
      if (whole.is !== 'point' && whole.is !== 'metric') return undefined
      beginning = undefined
      return whole
    },
    forget() {
      const was = beginning !== undefined
      beginning = undefined
      return was
    },
  }
}
