#!/usr/bin/env node
import { main } from './commands/main.js'
import { openOutput } from './terminal/open-output.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 }

/** The first signal lets the command clean up; the second ends the process at once, and with it what hangs on it. */
function signalOfEnd(): AbortSignal {
  const ending = new AbortController()
  for (const signal of SIGNALS)
    process.on(signal, () => {
      if (ending.signal.aborted) process.exit(128 + NUMBERS[signal])
      ending.abort(signal)
    })
  return ending.signal
}

// If nobody reads any more, as in `spanhouse tail | head`, there is nothing left to do.
const onClosed = (error?: Error) => process.exit(error ? 1 : 0)

const code = await main(process.argv.slice(2), {
  env: process.env,
  cwd: process.cwd(),
  out: openOutput(process.stdout, process.env, onClosed),
  err: openOutput(process.stderr, process.env, onClosed),
  signal: signalOfEnd(),
})
// Output that a slow pipe has not taken yet must not be cut.
await new Promise((resolve) => process.stdout.write('', resolve))
process.exit(code)
