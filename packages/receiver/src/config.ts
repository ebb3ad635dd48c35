import type { LimitOptions, ReceiverOptions, TlsOptions } from './options.js'

const MiB = 1024 * 1024

/** The options with every default filled in. */
export interface ReceiverConfig {
  readonly host: string
  readonly httpPort: number | false
  readonly grpcPort: number | false
  readonly acknowledge: 'delivered' | 'accepted'
  readonly holdMs: number
  readonly token: string | undefined
  readonly tls: TlsOptions | undefined
  readonly origins: readonly string[]
  readonly limits: { readonly [Key in keyof LimitOptions]-?: number }
}

/** Throws a TypeError that names the first option that cannot be used. */
export function configOf(options: ReceiverOptions): ReceiverConfig {
  const { host = '127.0.0.1', acknowledge = 'delivered', token, tls, cors, limits = {} } = options
  const config: ReceiverConfig = {
    host,
    httpPort: portOf('httpPort', options.httpPort ?? 4318),
    grpcPort: portOf('grpcPort', options.grpcPort ?? 4317),
    acknowledge,
    holdMs: count('holdMs', options.holdMs ?? 8000, 0),
    token,
    tls,
    origins: cors?.origins ?? [],
    limits: {
      bodyBytes: count('limits.bodyBytes', limits.bodyBytes ?? 64 * MiB),
      bytesInProgress: count('limits.bytesInProgress', limits.bytesInProgress ?? 256 * MiB),
      connections: count('limits.connections', limits.connections ?? 1000),
      requestTimeoutMs: count('limits.requestTimeoutMs', limits.requestTimeoutMs ?? 60_000),
      closeTimeoutMs: count('limits.closeTimeoutMs', limits.closeTimeoutMs ?? 10_000),
    },
  }
  if (acknowledge !== 'delivered' && acknowledge !== 'accepted')
    throw wrong('acknowledge', "'delivered' or 'accepted'")
  if (typeof host !== 'string' || host === '') throw wrong('host', 'an address')
  if (token !== undefined && (typeof token !== 'string' || token.trim() === ''))
    throw wrong('token', 'a text that is not empty')
  if (!config.origins.every(isOrigin))
    throw wrong('cors.origins', 'origins such as https://shop.example, without a path, or *')
  if (config.limits.bytesInProgress < config.limits.bodyBytes)
    throw wrong('limits.bytesInProgress', 'at least limits.bodyBytes')
  if (config.httpPort === false && config.grpcPort === false)
    throw wrong('httpPort and grpcPort', 'a port for at least one protocol')
  return config
}

function portOf(name: string, port: number | false): number | false {
  if (port === false || (Number.isInteger(port) && port >= 0 && port <= 65_535)) return port
  throw wrong(name, 'a port from 0 to 65535, or false')
}

function count(name: string, value: number, least = 1): number {
  if (Number.isSafeInteger(value) && value >= least) return value
  throw wrong(name, `a whole number from ${least}`)
}

function isOrigin(text: unknown): boolean {
  if (text === '*') return true
  try {
    return typeof text === 'string' && new URL(text).origin === text
  } catch {
    return false
  }
}

function wrong(name: string, rule: string): TypeError {
  return new TypeError(`spanhouse: the option ${name} of the receiver must be ${rule}`)
}
