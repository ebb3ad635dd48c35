import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CommandError } from '../terminal/command-error.js'
import type { Api } from './api.js'
import { newGuard, newToken } from './guard.js'
import { type Files, handle } from './handle.js'

const ADDRESS = '127.0.0.1'
const PREFERRED_PORT = 4319
const MAX_CONNECTIONS = 200
/** Whoever opens connections and says nothing must not keep the page closed: so they are looked at often. */
const LIMITS = { requestTimeout: 30_000, headersTimeout: 10_000, connectionsCheckingInterval: 2000 }

export interface PageOptions {
  readonly api: Api
  readonly files: Files
  /** Must be free. Default: 4319, or any free one. */
  readonly port?: number | undefined
  /** Default: a new one. */
  readonly token?: string
  /** Is told of our own mistakes. */
  readonly onMistake: (error: unknown) => void
}

export interface PageServer {
  /** With the token: whoever has it may read. */
  readonly url: string
  /** An address that lets one visitor in, within a minute. */
  urlForOneVisit(): string
  readonly port: number
  /** Ends every request at once. */
  close(): Promise<void>
}

export async function openPage(options: PageOptions): Promise<PageServer> {
  const { api, files, onMistake, token = newToken() } = options
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const server = createServer(LIMITS, (...both) => answer(...both))
  server.maxConnections = MAX_CONNECTIONS
  const port = await listen(server, options.port)
  const guard = newGuard(token, port)
  const urlWith = (token: string) => `http://${ADDRESS}:${port}/?token=${token}`
  answer = (request, response) => void handle({ guard, api, files, onMistake }, request, response)
  return {
    url: urlWith(token),
    urlForOneVisit: () => urlWith(guard.newTicket()),
    port,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close').catch(() => {})
    },
  }
}

async function listen(server: Server, wanted: number | undefined): Promise<number> {
  try {
    return await listenOn(server, wanted ?? PREFERRED_PORT)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (wanted === undefined) return listenOn(server, 0)
    const why = code === 'EACCES' ? 'may not be used by this user' : 'is in use'
    throw new CommandError(`Port ${wanted} on ${ADDRESS} ${why}: choose another one with --port.`)
  }
}

async function listenOn(server: Server, port: number): Promise<number> {
  server.listen(port, ADDRESS)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
