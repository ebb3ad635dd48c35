import { fit } from './display-width.js'
import type { Output } from './output.js'

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100
const LINE_MS = 1000

export interface Progress {
  /** Another text. */
  say(text: string): void
  /** Removes the line. May be called again. */
  end(): void
}

/**
 * Says on `err` what is going on once it has taken `afterMs` (default: 1000): on a terminal a line that turns and is removed at the
 * end; elsewhere a line for each text, at most one a second, because a log keeps every line.
 */
export function startProgress(err: Output, text: string, afterMs = 1000): Progress {
  let current = text
  let frame = 0
  let isShown = false
  let isOver = false
  let timer: NodeJS.Timeout | undefined
  let lineAt = Number.NEGATIVE_INFINITY
  const draw = () => {
    if (err.isTerminal) {
      const line = `${FRAMES[frame++ % FRAMES.length]} ${current} …`
      err.write(`\r\x1b[2K${fit(line, err.width - 1)}`)
      return
    }
    if (performance.now() - lineAt < LINE_MS) return
    lineAt = performance.now()
    err.write(`${current} …\n`)
  }
  const show = () => {
    isShown = true
    draw()
    if (!err.isTerminal) return
    timer = setInterval(draw, FRAME_MS)
    timer.unref()
  }
  const first = setTimeout(show, afterMs)
  first.unref()
  return {
    say(next) {
      if (next === current || isOver) return
      current = next
      if (isShown) draw()
    },
    end() {
      clearTimeout(first)
      clearInterval(timer)
      if (isShown && !isOver && err.isTerminal) err.write('\r\x1b[2K')
      isOver = true
    },
  }
}

/** Shows `text` while `work` takes longer than a second. */
export async function withProgress<T>(
  err: Output,
  text: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const progress = startProgress(err, text)
  try {
    return await work(progress)
  } finally {
    progress.end()
  }
}
