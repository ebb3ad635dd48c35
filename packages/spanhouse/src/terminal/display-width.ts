// The public API of Node.js has no function for the width of a text in a terminal.

const ASCII = /^[\x20-\x7e]*$/
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** East Asian wide and fullwidth characters (Unicode's EastAsianWidth.txt, joined to ranges without narrow letters in between). */
const WIDE =
  /[\u1100-\u115f\u231a\u231b\u2329\u232a\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u
/** Shown as a picture by itself, or because U+FE0F follows. */
const EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f|\ufe0f\u20e3/u
const INVISIBLE = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}\u115f\u1160\u3164\uffa0]+$/u

/** How many columns a text without control characters takes in a terminal. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

function graphemeWidth(grapheme: string): number {
  if (ASCII.test(grapheme)) return grapheme.length
  if (INVISIBLE.test(grapheme)) return 0
  return EMOJI.test(grapheme) || WIDE.test(grapheme) ? 2 : 1
}

/** The text if it fits, else its beginning with `…`. Never wider than `width`; may be one column narrower, before a wide character. */
export function fit(text: string, width: number): string {
  if (width <= 0) return ''
  if (ASCII.test(text)) return text.length <= width ? text : `${text.slice(0, width - 1)}…`
  let used = 0
  let end = 0
  for (const { segment, index } of graphemes.segment(text)) {
    const next = used + graphemeWidth(segment)
    if (next > width) return `${text.slice(0, end)}…`
    if (next < width) end = index + segment.length
    used = next
  }
  return text
}

/** Cut or filled with spaces to exactly `width` columns. */
export function fitStart(text: string, width: number): string {
  const cut = fit(text, width)
  return cut + ' '.repeat(Math.max(0, width - displayWidth(cut)))
}

/** The same, to the right. */
export function fitEnd(text: string, width: number): string {
  const cut = fit(text, width)
  return ' '.repeat(Math.max(0, width - displayWidth(cut))) + cut
}
