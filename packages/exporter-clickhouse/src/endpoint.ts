const NOWHERE = 'http://localhost:8123'

// The input of `new URL` may hold a password and stands in its error: neither is passed on.
/** What is wrong with an endpoint, as the end of a sentence; undefined if nothing is. */
export function endpointProblem(text: string): string | undefined {
  if (!URL.canParse(text)) return `must be a URL such as ${NOWHERE}`
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return 'must begin with http:// or https://'
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
  username?: string
  password?: string
} {
  if (endpointProblem(text) !== undefined) return { endpoint: new URL(NOWHERE) } // it is reported
  const url = new URL(text)
  const { username, password } = url
  url.username = ''
  url.password = ''
  url.pathname = url.pathname.replace(/\/+$/, '')
  return {
    endpoint: url,
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
  }
}
