// What telemetry says may come from anybody. In a terminal an escape sequence moves the cursor, in any text a direction override makes
// it read as something else, and tag characters hide text that a language model reads.

/** CSI sequences such as colours, which messages of errors often contain; OSC and the other strings up to their end. */
const SEQUENCES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject.
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9c-\x9f\n]*(?:\x07|\x1b\\|\x9c)/g

/** Control characters, marks that change the direction of text, invisible ones (not U+200C and U+200D: scripts and emoji need them), tags and lone surrogates. */
const UNSAFE =
  /[\p{Cc}\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\p{Cs}\u{e0000}-\u{e0fff}]/gu

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/**
 * One line of text that can do nothing where it is shown: colours and other terminal sequences are removed, everything else that is
 * invisible or has an effect is written as an escape such as `\n` or `\u202e`. Longer than `limit` (in UTF-16 units; default 10,000),
 * it ends with `…`.
 */
export function harmless(text: string, limit = 10_000): string {
  return cut(text, limit).replace(SEQUENCES, '').replace(UNSAFE, escaped)
}

/** The same for text of several lines, such as a stack trace. Tabs become spaces. */
export function harmlessLines(text: string, limit = 100_000): string[] {
  return cut(text, limit)
    .replace(SEQUENCES, '')
    .split(/\r?\n/)
    .map((line) => line.replaceAll('\t', '  ').replace(UNSAFE, escaped))
}

/** For JSON that may be printed on a terminal: the same value, with harmful characters written as `\u` escapes. */
export function harmlessJson(json: string): string {
  return json.replace(UNSAFE, (character) =>
    character === '\n'
      ? character
      : [...Array(character.length).keys()]
          .map((i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`)
          .join(''),
  )
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text
  const end = /[\ud800-\udbff]$/.test(text.slice(0, limit - 1)) ? limit - 2 : limit - 1
  return `${text.slice(0, end)}…`
}

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  return (
    NAMED[character] ??
    (code < 0x100
      ? `\\x${hex.padStart(2, '0')}`
      : code < 0x1_0000
        ? `\\u${hex.padStart(4, '0')}`
        : `\\u{${hex}}`)
  )
}
