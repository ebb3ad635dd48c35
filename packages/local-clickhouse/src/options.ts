import { resolve } from 'node:path'

export interface User {
  name: string
  password: string
}

export interface StartOptions {
  /** Kept when the server ends. Without it the data is temporary and removed with the server. */
  dataDir?: string | undefined
  /** 0, the default, is any free port. */
  httpPort?: number | undefined
  /** The native protocol. 0, the default, is any free port. */
  tcpPort?: number | undefined
  /** Besides `default`, which has no password. */
  users?: readonly User[] | undefined
}

export interface Config {
  readonly dataDir: string | undefined
  readonly httpPort: number
  readonly tcpPort: number
  readonly users: readonly User[]
}

export function parseOptions({ dataDir, httpPort, tcpPort, users }: StartOptions): Config {
  if (dataDir === '') throw new Error('The data directory is empty: name one, or leave it out.')
  return {
    dataDir: dataDir === undefined ? undefined : resolve(dataDir),
    httpPort: parsePort(httpPort ?? 0),
    tcpPort: parsePort(tcpPort ?? 0),
    users: parseUsers(users ?? []),
  }
}

function parsePort(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new Error(`${port} is not a port: choose one from 1 to 65535, or 0 for any free one.`)
}

function parseUsers(users: readonly User[]): readonly User[] {
  const names = new Set(['default'])
  for (const { name } of users) {
    // The name becomes an XML element, and a dot in it would be a path in the configuration.
    if (!/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name))
      throw new Error(
        `${JSON.stringify(name)} cannot be a user name: use up to 64 letters, digits, _ and -, a letter or _ first.`,
      )
    if (name === 'default')
      throw new Error("The user 'default' has no password here: choose another name.")
    if (names.has(name)) throw new Error(`The user '${name}' is given twice: leave one out.`)
    names.add(name)
  }
  return users
}
