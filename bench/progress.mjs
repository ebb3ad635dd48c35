const terminal = process.stderr.isTTY ? process.stderr : undefined

/** One line that changes, where there is a terminal to show it. */
export function showProgress(text) {
  terminal?.clearLine(0)
  terminal?.cursorTo(0)
  terminal?.write(text)
}
