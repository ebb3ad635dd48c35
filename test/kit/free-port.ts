import { once } from 'node:events'
import { createServer } from 'node:net'

// Below the ports that systems give to whoever asks for any (from 32768 on Linux, 49152 elsewhere), and so to the servers and connections of
// all other tests. A port of those, once it is let go, may soon belong to a test of another process.
const FIRST = 20_000
const COUNT = 12_000

// In turn, so that no port is given twice while a test may still count on it.
let next = Math.floor(Math.random() * COUNT)

/** A port on which nothing listens, and nothing will unless it is told to: for a server that is not there, begins later or begins again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (next++ % COUNT)
    if (await isFree(port)) return port
  }
}

/** The ports of a ClickHouse that is killed and started again. */
export async function freePorts(): Promise<{ httpPort: number; tcpPort: number }> {
  return { httpPort: await freePort(), tcpPort: await freePort() }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port)
  const listens = await once(server, 'listening').then(
    () => true,
    () => false,
  )
  if (!listens) return false
  server.close()
  await once(server, 'close')
  return true
}
