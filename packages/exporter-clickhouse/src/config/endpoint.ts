export const DEFAULT_ENDPOINT = 'http://localhost:8123'
// An endpoint is parsed several times. If it were the text of a whole file by mistake, that would take seconds.
const MAX_CHARACTERS = 8000

// The error of `new URL` quotes its input, which may hold a password: it never reaches a message.
/** What is wrong with an endpoint, as the end of a sentence; undefined if nothing is. */
export function endpointProblem(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS) return `must not be longer than ${MAX_CHARACTERS} characters`
  if (!URL.canParse(text)) return `must be a URL such as ${DEFAULT_ENDPOINT}`
  // `new URL` removes line breaks, and what remains may be another host.
  if (/[\t\n\r]/.test(text.trim())) return 'must not contain tabs or line breaks'
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return 'must begin with http:// or https://'
  if (url.port === '0') return 'must not have port 0'
  if (url.search || url.hash)
    return 'must have no query and no fragment; use `database`, `table` and `settings`'
  try {
    decodeURIComponent(url.password)
    return decodeURIComponent(url.username).includes(':')
      ? 'must not contain a user name with a colon'
      : undefined
  } catch {
    return 'contains a user or password that is not percent-encoded'
  }
}

/** Separates the endpoint from its credentials, which are percent-decoded. */
export function parseEndpoint(text: string = DEFAULT_ENDPOINT): {
  endpoint: URL
  username: string | undefined
  password: string | undefined
} {
  if (endpointProblem(text) !== undefined)
    return { endpoint: new URL(DEFAULT_ENDPOINT), username: undefined, password: undefined } // the check reports it
  const url = new URL(text)
  const { username, password } = url
  url.username = ''
  url.password = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  return {
    endpoint: url,
    username: username ? decodeURIComponent(username) : undefined,
    password: password ? decodeURIComponent(password) : undefined,
  }
}
