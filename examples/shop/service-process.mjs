import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { within } from './deadline.mjs'

const telemetry = new URL('telemetry.mjs', import.meta.url).href

/** Runs one service in a separate process, as `node --import ./telemetry.mjs name.mjs` would. */
export function startService(name, env) {
  const child = fork(fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), {
    execArgv: ['--import', telemetry],
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const exited = once(child, 'exit')
  const asked = new Map()
  let questions = 0
  let stderr = ''

  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-2000)
  })
  child.on('message', ({ id, answer, error }) => {
    if (error) asked.get(id)?.reject(new Error(`${name}: ${error}`))
    else asked.get(id)?.resolve(answer)
    asked.delete(id)
  })
  child.on('exit', () => {
    for (const { reject } of asked.values()) reject(gone())
  })

  function gone() {
    return new Error([`The service ${name} has ended.`, ...complaints()].join('\n'))
  }

  function complaints() {
    const lines = stderr.split('\n').filter((line) => line && !/^ +at /.test(line))
    return lines.slice(-10).map((line) => `${name}: ${line}`)
  }

  function ask(question) {
    const id = questions++
    const answer = new Promise((resolve, reject) => {
      asked.set(id, { resolve, reject })
      child.send({ id, question }, (error) => error && reject(gone()))
    })
    return within(60_000, `Asking the service ${name} (${question})`, answer)
  }

  async function kill() {
    child.kill('SIGKILL')
    await exited
  }

  return { ask, complaints, kill }
}
