import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

interface Manner {
  /** What is done after the last byte: nothing, a FIN, or a RST. Default: nothing. */
  readonly last?: 'wait' | 'end' | 'reset'
  /** Between two parts. */
  readonly pauseMs?: number
  /** How long the receiver may take to end the connection. Then it counts as open. */
  readonly withinMs?: number
}

/** Sends parts to 127.0.0.1 as they are. Resolves with the statuses of HTTP in the reply, and whether the receiver has ended the connection. */
export async function sendRaw(
  port: number,
  parts: readonly (Buffer | string)[],
  { last = 'wait', pauseMs = 0, withinMs = 20_000 }: Manner = {},
): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {})
  let reply = ''
  socket.on('data', (chunk: Buffer) => {
    reply += chunk.toString('latin1')
  })
  const ended = new Promise<'closed'>((resolve) => {
    socket.once('end', () => resolve('closed'))
    socket.once('close', () => resolve('closed'))
  })
  for (const part of parts) {
    if (socket.destroyed) break
    const written = new Promise<void>((resolve) => socket.write(part, () => resolve()))
    await Promise.race([written, ended])
    if (pauseMs > 0) await sleep(pauseMs)
  }
  if (last === 'end') socket.end()
  if (last === 'reset') socket.resetAndDestroy()
  const fate = await Promise.race([ended, sleep(withinMs, 'open', { ref: false })])
  socket.destroy()
  const statuses = [...reply.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)
  return [...statuses, fate].join(' ')
}

/** A request in HTTP/1.1, as bytes. */
export function rawRequest(
  headers: readonly string[],
  body: Buffer | string = '',
  start = 'POST /v1/traces HTTP/1.1',
): Buffer {
  const head = [start, 'Host: x', 'Content-Type: application/x-protobuf', ...headers, '', '']
  return Buffer.concat([Buffer.from(head.join('\r\n'), 'latin1'), Buffer.from(body as string)])
}
