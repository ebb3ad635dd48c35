import type { Encoding } from './encoding.js'

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what JSON must escape
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/
const ANY_SURROGATE = /[\ud800-\udfff]/
const LONE_SURROGATE = /\p{Surrogate}/gu // with the u flag a pair is one character, so only lone ones match

/** `text` as a JSON string ClickHouse accepts: cut to the row's room, and well-formed (a lone surrogate is code 25 for the whole insert). */
export function jsonText(text: string, encoding: Encoding): string {
  const fitting = cut(text, encoding.room, encoding)
  encoding.room -= fitting.length
  if (!NEEDS_CARE.test(fitting)) return `"${fitting}"`
  const repaired = wellFormed(fitting)
  if (repaired !== fitting) encoding.tally.repairedStrings++
  return JSON.stringify(repaired)
}

export function wellFormed(text: string): string {
  return ANY_SURROGATE.test(text) ? text.replace(LONE_SURROGATE, '\ufffd') : text
}

/** At most `length` code units of `text`, the last of them `…` where something is missing. Never splits a surrogate pair. */
export function cut(text: string, length: number, encoding: Encoding): string {
  if (text.length <= length) return text
  encoding.tally.truncatedValues++
  if (length < 1) return ''
  const end = length - 1
  const splitsPair = end > 0 && isHighSurrogate(text.charCodeAt(end - 1))
  return `${text.slice(0, splitsPair ? end - 1 : end)}…`
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
