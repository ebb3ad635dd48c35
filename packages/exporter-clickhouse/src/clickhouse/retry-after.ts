const MAX_RETRY_AFTER_MS = 60_000

// RFC 9110 10.2.3 and 5.6.7: seconds, or a date in one of three formats. Anything else is ignored. `Date.parse` alone would accept 'error 2099'.
const HTTP_DATE =
  /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$|^\w{6,9}, \d\d-\w{3}-\d\d [\d:]{8} GMT$|^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}$/

/** How long a Retry-After header asks us to wait, at most a minute. Undefined if the header is missing, invalid or in the past. */
export function retryAfterMs(header: string | undefined, now: () => number): number | undefined {
  const text = header?.trim()
  if (text === undefined) return undefined
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : httpDate(text) - now()
  return ms > 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined
}

function httpDate(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
}
