import { spawn } from 'node:child_process'

/** Longer than a process needs to answer on a busy machine. */
const ANSWER_MS = 2000

export interface GroupWitness {
  /** Whether this signal, which we have got, has reached the other processes of our group too. */
  hasGot(signal: NodeJS.Signals): Promise<boolean>
  end(): void
}

/**
 * A process that only shares our process group. A terminal sends Ctrl-C to the whole group, while `kill`, an IDE or npx may tell us
 * alone, and a signal does not say which. The witness is asked: it answers unless the signal has ended it. It ends with us, because its
 * input ends.
 */
export function startWitness(): GroupWitness {
  const witness = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] })
  let isGone = false
  const gone = new Promise<void>((resolve) => {
    witness.once('error', () => resolve())
    witness.once('exit', () => resolve())
  }).then(() => {
    isGone = true
  })
  witness.stdin.on('error', () => {}) // it is gone
  witness.unref()
  return {
    async hasGot(signal) {
      // A console of Windows tells every process in it.
      if (process.platform === 'win32') return signal === 'SIGINT'
      if (!isGone) {
        let timer: NodeJS.Timeout | undefined
        const answer = new Promise<void>((resolve) => {
          witness.stdout.once('data', () => resolve())
          timer = setTimeout(resolve, ANSWER_MS)
        })
        witness.stdin.write('?')
        await Promise.race([gone, answer])
        clearTimeout(timer)
      }
      return witness.signalCode === signal
    },
    end() {
      witness.stdin.destroy()
      witness.stdout.destroy()
    },
  }
}
