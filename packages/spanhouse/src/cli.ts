#!/usr/bin/env node
import { onLostShell } from './application/npm-parent.js'
import { main } from './commands/main.js'
import { openOutput } from './terminal/open-output.js'

// A Node.js this old cannot load the commands. Newer ones that we do not support are named by `spanhouse doctor`.
if (Number.parseInt(process.versions.node, 10) < 20) {
  process.stderr.write(
    `spanhouse: Node.js ${process.versions.node} is too old: use 20.19 or later, 22.12 or later, or a newer version.\n`,
  )
  process.exit(2)
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }
/** npx passes Ctrl-C on to us although the terminal has told us too. Nobody presses it twice so fast. */
const ONE_PRESS_MS = 150
/** How long the application and the server may take to end when nobody reads our output any more. */
const UNREAD_MS = 10_000

const ending = new AbortController()
let endedAt = 0

/** The first signal lets the command clean up; the second ends the process at once, and with it what hangs on it. */
for (const signal of SIGNALS)
  process.on(signal, () => {
    const isSecond = ending.signal.aborted && performance.now() - endedAt > ONE_PRESS_MS
    if (isSecond) process.exit(128 + NUMBERS[signal])
    end(signal)
  })

function end(reason: string): void {
  if (ending.signal.aborted) return
  endedAt = performance.now()
  ending.abort(reason)
}

onLostShell(process.env, () => end('SIGTERM'))

let failure: Error | undefined

/** Nothing more can be written, as in `spanhouse tail | head` or on a full disk: there is nothing left to do. */
function onClosed(error?: NodeJS.ErrnoException): void {
  if (error)
    err.write(
      `spanhouse: The output cannot be written (${error.code}): free the disk, or send the output elsewhere.\n`,
    )
  failure ??= error
  end('SIGPIPE')
  setTimeout(() => process.exit(failure ? 1 : 0), UNREAD_MS).unref()
}

const err = openOutput(process.stderr, process.env, onClosed)
const code = await main(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: openOutput(process.stdout, process.env, onClosed),
  err,
  signal: ending.signal,
})
// Output that a slow pipe has not taken yet must not be cut.
await new Promise((resolve) => process.stdout.write('', resolve))
process.exit(failure ? 1 : code)
