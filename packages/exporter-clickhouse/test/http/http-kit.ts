import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import { type Client, openClient } from '../../src/http/client.js'
import type { Exchange, Post, Reply } from '../../src/http/exchange.js'

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

export const never = new AbortController().signal

export function client(options: Options, maxSockets = 4): Client {
  const [config] = parseConfig('traces', options, {}).destinations
  if (!config) throw new Error('no destination')
  const opened = openClient(config, maxSockets)
  onTestFinished(() => opened.close())
  return opened
}

export function post(changes: Partial<Post> = {}): Post {
  const usual = { path: '/?query=x', headers: {}, body: Buffer.from('rows'), deadlineMs: 5000 }
  return { ...usual, repeatable: true, ...changes }
}

export function replyOf(exchange: Exchange): Reply {
  if ('error' in exchange) throw exchange.error
  return exchange.reply
}

export function failureOf(exchange: Exchange) {
  if ('reply' in exchange) throw new Error(`answered ${exchange.reply.status}`)
  return exchange
}

/** Calls back with the number of each request that has come completely, counted from 1. The body must be `rows`. */
export function onRequests(socket: Socket, answer: (nth: number) => void): void {
  let text = ''
  let requests = 0
  socket.on('data', (chunk) => {
    text += chunk
    while (text.includes('\r\n\r\nrows')) {
      text = text.slice(text.indexOf('\r\n\r\nrows') + 8)
      answer(++requests)
    }
  })
}
