import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { type DestinationConfig, errorText, explained } from '#exporter'
import { isConfigured } from '../../config/source.js'
import { type Check, type Found, ok, problem, warning } from '../check.js'
import type { Facts } from '../facts.js'

const CONNECT_MS = 4000

export function hostOf({ endpoint }: DestinationConfig): string {
  return endpoint.hostname.replace(/^\[|\]$/g, '')
}

export function portOf({ endpoint }: DestinationConfig): number {
  return Number(endpoint.port) || (endpoint.protocol === 'https:' ? 443 : 80)
}

async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host)) return [host]
  return (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address)
}

export const dns: Check<Facts> = {
  id: 'dns',
  title: 'host name',
  deadlineMs: 10_000,
  async run({ destination }) {
    const host = hostOf(destination)
    if (isIP(host)) return [ok(`${host} is an address`)]
    try {
      return [ok(`${host} is ${(await addressesOf(host)).join(', ')}`)]
    } catch (error) {
      const { error: named, fix } = explained({ error: error as Error }, true)
      return [problem(errorText(named), fix)]
    }
  },
}

export const tcp: Check<Facts> = {
  id: 'tcp',
  title: 'connection',
  needs: ['dns'],
  async run({ destination, env, wishes }, signal) {
    const [host, port] = [hostOf(destination), portOf(destination)]
    const tried = await Promise.all(
      (await addressesOf(host)).map(async (address) => ({
        address,
        ...(await opened(address, port, signal)),
      })),
    )
    const open = tried.filter(({ error }) => !error)
    const closed = tried.filter(({ error }) => error)
    const reached = ok(
      `port ${port} is open at ${open.map(({ address, ms }) => `${address} (${ms} ms)`).join(', ')}`,
    )
    if (closed.length === 0) return [reached]
    const [first] = closed
    const { error, fix } = explained({ error: first?.error ?? new Error('no address') }, true)
    const text = `${[...new Set(closed.map((one) => errorText(one.error)))].join(', ')}`
    // `localhost` has two addresses, and a server usually listens on one of them: Node.js tries both.
    if (open.length > 0 && host === 'localhost') return [reached]
    if (open.length > 0)
      return [
        reached,
        warning(
          `some addresses do not answer: ${text}`,
          'Remove them from the DNS record, or mend the hosts: connections that try them first are slow.',
        ),
      ]
    // Nobody has named a ClickHouse, so this is the usual address, and there may be none at all.
    const isGuess = wishes.endpoint === undefined && !isConfigured(env)
    const start = isGuess ? '`npx spanhouse dev` starts one for development.' : undefined
    return [problem(text || errorText(error), [fix, start].filter(Boolean).join(' '))]
  },
}

function opened(
  host: string,
  port: number,
  signal: AbortSignal,
): Promise<{ ms: number; error?: Error }> {
  return new Promise((resolve) => {
    const startedAt = performance.now()
    const socket = connect({ host, port })
    const end = (error?: Error) => {
      socket.destroy()
      resolve({ ms: Math.round(performance.now() - startedAt), ...(error && { error }) })
    }
    socket.setTimeout(CONNECT_MS, () =>
      end(Object.assign(new Error(`connect ETIMEDOUT ${host}:${port}`), { code: 'ETIMEDOUT' })),
    )
    socket.once('connect', () => end())
    socket.once('error', end)
    signal.addEventListener('abort', () => end(new Error('ended')), { once: true })
  })
}

const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((one) => [
  one,
  one.toLowerCase(),
])

/** The exporter connects directly, as Node.js does. */
export const proxies: Check<Facts> = {
  id: 'proxies',
  title: 'proxy',
  run({ env, destination, passed }): Found[] {
    const set = PROXIES.filter((name) => env[name])
    if (set.length === 0) return [ok('no proxy is set in the environment')]
    const text = `${set.join(', ')} is set; the exporter does not use it`
    return passed('tcp')
      ? [ok(`${text}, and does not need it`)]
      : [
          warning(
            `${text} and cannot connect to ${hostOf(destination)} directly`,
            'Pass `agent` in code, such as HttpsProxyAgent of https-proxy-agent, or let the host through.',
          ),
        ]
  },
}
