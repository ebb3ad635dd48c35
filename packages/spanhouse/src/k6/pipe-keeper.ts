import { spawn } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'

// Nothing comes on its input: that ends when this process has ended.
const SCRIPT = 'read -r _; cat <&3 >/dev/null; rm -rf "$1"'

/**
 * If this process is killed, somebody must go on reading the pipe: k6 opens it for reading too, so it gets no error, waits for room in it,
 * and never ends. A process of its own empties the pipe then until k6 has ended, and removes the folder. Returns what ends that.
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
