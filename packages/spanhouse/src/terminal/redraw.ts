import type { Output } from './output.js'

/** A block of lines at the bottom of a terminal that is drawn again and again. */
export interface Redraw {
  /** Each line must fit the width. What does not fit the height is left out. */
  draw(lines: readonly string[]): void
}

/** Only for an output that is a terminal. The cursor stays visible: nothing has to be restored when the process is killed. */
export function startRedraw(out: Output): Redraw {
  let drawn = 0
  return {
    draw(lines) {
      const fitting = lines.slice(0, Math.max(1, (out.height ?? 24) - 1))
      // One write for each frame, each line erased only behind its text: nothing flickers. Without wrapping (7l), a terminal
      // that has just become narrower cuts a line instead of adding one.
      const up = drawn > 0 ? `\x1b[${drawn}A` : ''
      const text = fitting.map((line) => `\r${line}\x1b[K\n`).join('')
      out.write(`\x1b[?7l${up}${text}\x1b[J\x1b[?7h`)
      drawn = fitting.length
    },
  }
}
