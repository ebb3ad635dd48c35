import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ReceiverOptions } from '../../packages/receiver/src/options.js'
import type { ReceiverStats } from '../../packages/receiver/src/telemetry/stats.js'

const CHILD = fileURLToPath(new URL('receiver-child.mjs', import.meta.url))

interface Figures {
  /** In bytes, now and at most since the last question. */
  readonly rss: number
  readonly peakRss: number
  /** The longest time, in ms of CPU, that the main thread has worked without looking at timers since the last question. */
  readonly longestMs: number
  /** What the receiver has logged as errors, and errors that nobody has caught. */
  readonly mistakes: readonly string[]
  /** Something was added to the prototype of all objects. */
  readonly isPolluted: boolean
  readonly stats: ReceiverStats
}

export interface ReceiverProcess {
  readonly httpPort: number
  readonly grpcPort: number
  readonly isRunning: boolean
  figures(): Promise<Figures>
  /** Ends it with SIGKILL. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** A receiver in a process of its own. */
export async function startReceiver(options: ReceiverOptions): Promise<ReceiverProcess> {
  const child = fork(CHILD, [JSON.stringify({ httpPort: 0, grpcPort: 0, ...options })], {
    execArgv: ['--no-warnings'],
  })
  const ended = once(child, 'exit')
  const said = await Promise.race([once(child, 'message'), ended.then(() => undefined)])
  if (!said) throw new Error('the receiver has ended before it listened')
  const [ports] = said as [{ httpPort: number; grpcPort: number }]
  return {
    ...ports,
    get isRunning() {
      return isRunning(child)
    },
    async figures() {
      const answer = once(child, 'message')
      child.send('figures')
      const [figures] = await answer
      return figures as Figures
    },
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
    async close() {
      if (isRunning(child)) child.send('close')
      await ended
    },
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}
