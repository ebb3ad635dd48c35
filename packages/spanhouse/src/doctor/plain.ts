/** Makes text from a server or a file harmless for a terminal: control and formatting characters are replaced. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').replace(/[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?')
}

/** The parts of the configuration that no report may show, whoever repeats them. */
export function hides(secrets: Iterable<string>): (text: string) => string {
  const all = [...new Set(secrets)].filter((one) => one.length >= MIN_SECRET && !WORD.test(one))
  const longestFirst = all.sort((a, b) => b.length - a.length)
  return (text) =>
    longestFirst.reduce((shown, secret) => shown.replaceAll(secret, '********'), text)
}

// A shorter one, or an ordinary word such as `clickhouse`, would hide parts of our own sentences. Those never contain a secret; this is
// only for what others may repeat.
const WORD = /^[a-z]{1,16}$/
const MIN_SECRET = 4
