import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request or an answer on its way, which a proxy may change. */
export interface Message {
  path: string
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

export interface Habits {
  /** Changes a request before it is passed on, or keeps it waiting. */
  request?: (message: Message) => void | Promise<void>
  /** Changes an answer before it is passed back, or keeps it waiting. */
  answer?: (message: Message) => void | Promise<void>
  /** The proxy's own answer. The server does not get the request then. */
  instead?: (message: Message) => Partial<Message> | undefined
}

export interface RewritingProxy {
  readonly url: string
  habits: Habits
}

/** An HTTP proxy before 127.0.0.1:`port` that reads whole messages and changes them. Closed when the test ends. */
export async function rewritingProxy(port: number, habits: Habits): Promise<RewritingProxy> {
  const proxy = { url: '', habits }
  const server = createServer(async (req, res) => {
    const sent = await whole(req)
    if (!sent) return
    const asked: Message = {
      path: req.url ?? '/',
      status: 0,
      headers: { ...req.headers },
      body: sent,
    }
    const { habits } = proxy
    const own = habits.instead?.(asked)
    if (own) {
      res.writeHead(own.status ?? 200, { ...own.headers } as Record<string, string>).end(own.body)
      return
    }
    await habits.request?.(asked)
    const { path, headers, body } = asked
    delete headers['transfer-encoding']
    const to = httpRequest({
      host: '127.0.0.1',
      port,
      path,
      method: req.method,
      headers: { ...headers, 'content-length': String(body.length) },
      agent: false,
    })
    to.on('error', () => res.destroy())
    res.on('close', () => to.destroy())
    to.end(body)
    const [from] = await once(to, 'response').catch(() => [])
    const got = from && (await whole(from))
    if (!got) return
    const answer: Message = {
      path,
      status: from.statusCode,
      headers: { ...from.headers },
      body: got,
    }
    delete answer.headers['transfer-encoding']
    delete answer.headers.connection
    await habits.answer?.(answer)
    res.writeHead(answer.status, answer.headers as Record<string, string>).end(answer.body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return proxy
}

/** Undefined if either side ends the connection before. */
async function whole(stream: AsyncIterable<Buffer>): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream) chunks.push(chunk)
  } catch {
    return undefined
  }
  return Buffer.concat(chunks)
}
