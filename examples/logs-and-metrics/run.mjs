// Starts the box office with the given options of Node.js, lets customers come, restarts it half way, and asks the five questions.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { report } from './report.mjs'

const options = process.argv.slice(2)
const startedAt = Date.now()
const counts = { requests: 0, orders: 0, refused: 0 }

for (const life of ['first', 'second']) {
  const { url, stop } = await open()
  await customers(url)
  await stop()
  console.log(`The ${life} process of the box office has ended.`)
}
console.log(
  `Customers made ${counts.requests} requests: ${counts.orders} orders were placed, ${counts.refused} refused.`,
)
await report({ from: startedAt, to: Date.now() })

async function open() {
  const child = spawn(process.execPath, [...options, 'app.mjs'], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const url = await new Promise((resolve, reject) => {
    // Its lines go on to be read, or the pipe would fill up and stop it.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [address] = /http:\/\/localhost:\d+/.exec(line) ?? []
      if (address) resolve(address)
    })
    ended.then(([code]) => reject(new Error(`app.mjs ended with ${code}`)))
  })
  return {
    url,
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Thirty rounds, each of three customers at once. */
async function customers(url) {
  const orderOf = (kind, card) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind, card }),
  })
  for (let round = 0; round < 30; round++)
    await Promise.all([
      visit(`${url}/concerts/${round}`),
      visit(
        `${url}/orders`,
        orderOf(round % 2 ? 'seat' : 'standing', round % 6 ? 'ok' : 'expired'),
      ),
      round % 10 ? undefined : visit(`${url}/seating-plan`),
    ])
}

async function visit(address, options) {
  const { status } = await fetch(address, options)
  counts.requests++
  if (status === 201) counts.orders++
  if (status === 402) counts.refused++
}
