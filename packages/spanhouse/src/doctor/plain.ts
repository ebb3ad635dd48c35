/** Makes text from a server or a file harmless for a terminal: control and formatting characters are replaced. */
export function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').replace(/[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?')
}

/** The parts of the configuration that no report may show, whoever repeats them. */
export function hides(secrets: Iterable<string>): (text: string) => string {
  const all = [...new Set(secrets)].filter((one) => one.length >= MIN_SECRET)
  const longestFirst = all.sort((a, b) => b.length - a.length)
  return (text) =>
    longestFirst.reduce((shown, secret) => shown.replaceAll(secret, '********'), text)
}

// A shorter one would hide parts of ordinary words.
const MIN_SECRET = 4
