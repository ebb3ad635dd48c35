import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const ANSWER_MS = 20_000

/** The application of a region, in a process of its own. */
export function startApp(region, env) {
  const child = fork(fileURLToPath(new URL('app.mjs', import.meta.url)), {
    env: { ...process.env, REGION: region, ...env },
  })
  const ended = once(child, 'exit')
  const gone = ended.then(([code, signal]) => {
    throw new Error(`The application of ${region} ended with ${signal ?? code}.`)
  })
  gone.catch(() => {})

  /** Its figures by destination. */
  async function stats() {
    child.send('stats')
    const [answer] = await Promise.race([
      once(child, 'message', { signal: AbortSignal.timeout(ANSWER_MS) }),
      gone,
    ])
    return answer
  }

  async function kill() {
    child.kill('SIGKILL')
    await ended
  }

  return { region, stats, kill }
}
