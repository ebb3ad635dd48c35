const NOWHERE = 'http://localhost:8123'
// It is parsed several times, and a file in place of a URL would take seconds.
const MAX_CHARACTERS = 8000

// The input of `new URL` may hold a password and stands in its error: neither is passed on.
/** What is wrong with an endpoint, as the end of a sentence; undefined if nothing is. */
export function endpointProblem(text: string): string | undefined {
  if (text.length > MAX_CHARACTERS) return `must not be longer than ${MAX_CHARACTERS} characters`
  if (!URL.canParse(text)) return `must be a URL such as ${NOWHERE}`
  // What parses a URL leaves line breaks out, and what is left may be another host.
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
    return 'holds a user or password that is not percent-encoded'
  }
}

/** The endpoint without its credentials, which come beside it, percent-decoded. */
export function parseEndpoint(text: string = NOWHERE): {
  endpoint: URL
  username: string | undefined
  password: string | undefined
} {
  if (endpointProblem(text) !== undefined)
    return { endpoint: new URL(NOWHERE), username: undefined, password: undefined } // it is reported
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
