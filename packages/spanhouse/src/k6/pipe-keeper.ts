import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'

// Nothing is written to its standard input, which ends when this process has ended.
const SCRIPT = 'read -r _; cat <&3 >/dev/null; rm -rf "$1"'

/**
 * If this process is killed, something must go on reading the pipe: k6 opens it for reading too, so it would get no error, wait for room in it,
 * and never end. Another process then empties the pipe until k6 has ended, and removes the folder. Returns a function that ends that process.
 */
export function keepPipe(path: string, directory: string): () => void {
  const reader = openSync(path, constants.O_RDONLY)
  try {
    // In a group of its own: Ctrl-C is not for it.
    const keeper = spawn('sh', ['-c', SCRIPT, 'sh', directory], {
      stdio: ['pipe', 'ignore', 'ignore', reader],
      detached: true,
    })
    keeper.on('error', () => {}) // without sh there is no keeper
    keeper.unref()
    ;(keeper.stdin as unknown as { unref?(): void }).unref?.()
    return () => void keeper.kill('SIGKILL')
  } finally {
    closeSync(reader)
  }
}
