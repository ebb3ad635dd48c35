export const DEFAULT_ENDPOINT = 'http://localhost:8123'
// An endpoint is parsed several times. If it were the text of a whole file by mistake, that would take seconds.
const MAX_CHARACTERS = 8000

export interface Endpoint {
  /** Without credentials, query or trailing slash. */
  readonly url: URL
  readonly username: string | undefined
  readonly password: string | undefined
  /** From `clickhouse://host/database`. */
  readonly database: string | undefined
  readonly query: URLSearchParams
}

// The error of `new URL` quotes its input, which may hold a password: it never reaches a message.
/** What is wrong with an endpoint, as the end of a sentence; undefined if nothing is. Its query is checked by `endpoint-query.ts`. */
export function endpointProblem(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS) return `must not be longer than ${MAX_CHARACTERS} characters`
  if (!isUrl(text)) return `must be a URL such as ${DEFAULT_ENDPOINT}`
  // `new URL` removes line breaks, and what remains may be another host.
  if (/[\t\n\r]/.test(text.trim())) return 'must not contain tabs or line breaks'
  const given = new URL(text)
  const isClickHouse = /^clickhouse:\/\//i.test(text.trim())
  if (!isClickHouse && given.protocol !== 'http:' && given.protocol !== 'https:')
    return 'must begin with http:// or https:// (or clickhouse://)'
  if (given.hash) return 'must have no fragment (#…)'
  if (isClickHouse && given.hostname === '') return 'must name a host'
  if (isClickHouse && /^\/+[^/]+\/+[^/]/.test(given.pathname))
    return 'must have only the database as its path'
  const secure = given.searchParams.get('secure')
  if (isClickHouse && secure !== null && !/^(1|0|true|false)$/.test(secure))
    return 'must have secure=1 or secure=0'
  if (isClickHouse && /^(9000|9440)$/.test(given.port))
    return `has port ${given.port}, that of ClickHouse's native protocol: write its HTTP port, 8123, or 8443 with secure=1`
  const asUrl = isClickHouse ? asHttp(given) : text // `new URL` checks hosts of http only
  if (!isUrl(asUrl)) return `must be a URL such as ${DEFAULT_ENDPOINT}`
  if (new URL(asUrl).port === '0') return 'must not have port 0'
  try {
    if (isClickHouse) decodeURIComponent(given.pathname)
    decodeURIComponent(given.password)
    return decodeURIComponent(given.username).includes(':')
      ? 'must not contain a user name with a colon'
      : undefined
  } catch {
    return 'contains a user, password or database that is not percent-encoded'
  }
}

/** `URL.canParse` of Node 20 refuses `http://bücher.example` after some calls. */
function isUrl(text: string): boolean {
  try {
    return new URL(text) !== undefined
  } catch {
    return false
  }
}

/** The parts of an endpoint, percent-decoded. If the text is not an endpoint, those of the default one: the check reports it. */
export function parseEndpoint(text: string = DEFAULT_ENDPOINT): Endpoint {
  if (endpointProblem(text) !== undefined) return parseEndpoint()
  const given = new URL(text)
  const isClickHouse = given.protocol === 'clickhouse:'
  const url = new URL(isClickHouse ? asHttp(given) : text)
  const { username, password } = given
  url.username = ''
  url.password = ''
  url.search = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  const database = isClickHouse ? given.pathname.replace(/^\/+|\/+$/g, '') : ''
  if (isClickHouse) given.searchParams.delete('secure')
  return {
    url,
    username: username ? decodeURIComponent(username) : undefined,
    password: password ? decodeURIComponent(password) : undefined,
    database: database ? decodeURIComponent(database) : undefined,
    query: given.searchParams,
  }
}

/** In `clickhouse://`, the path is the database, and `secure=1` stands for https. */
function asHttp({ host, port, searchParams }: URL): string {
  const isSecure = /^(1|true)$/.test(searchParams.get('secure') ?? '')
  return `${isSecure ? 'https' : 'http'}://${host}${port === '' ? `:${isSecure ? 8443 : 8123}` : ''}`
}
