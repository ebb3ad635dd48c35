import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/**
 * A directory of the test's own. It is removed when the test has ended and what uses it is closed. A concurrent test passes the
 * `onTestFinished` of its context.
 */
export function temporaryDirectory(whenFinished = onTestFinished): string {
  const directory = mkdtempSync(join(tmpdir(), 'spanhouse-test-'))
  // A process that was killed, or a call that hung, may write one more file meanwhile.
  whenFinished(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
  return directory
}
