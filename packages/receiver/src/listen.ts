import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'

/** Resolves with the port. Rejects with a sentence if the server cannot listen there. */
export async function listen(
  server: Pick<Server, 'listen' | 'address' | 'on' | 'once'>,
  port: number,
  host: string,
  protocol: string,
): Promise<number> {
  try {
    server.listen(port, host)
    await once(server as Server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = WHY[code ?? ''] ?? `cannot be listened on (${code ?? message})`
    throw new Error(`Port ${port} on ${host}, for ${protocol}, ${why}.`, { cause: error })
  }
  server.on('error', () => {}) // such as EMFILE for one connection: others go on
  return (server.address() as AddressInfo).port
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use: choose another one',
  EACCES: 'may not be used by this user: choose one above 1023',
  EADDRNOTAVAIL: 'cannot be used, because this machine has no such address: choose another host',
}
