import { Refusal } from '../answers/refusal.js'

// JSON.parse() cannot be interrupted. It takes about a second for this many values, each of which takes some hundred bytes of memory.
const MAX_VALUES = 2_000_000
/** In objects with more keys than this, each key costs several times as much. */
const MAX_KEYS = 20_000
/** Far more levels than records need: of their values, 64 levels are kept. */
const MAX_DEPTH = 500
const STEP_BYTES = 512 * 1024

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const [BRACE, BRACE_END] = [0x7b, 0x7d]
const [BRACKET, BRACKET_END] = [0x5b, 0x5d]

/**
 * Throws a Refusal for a body for which JSON.parse() would take long. Yields after each half MiB. It does not find all mistakes, so JSON.parse()
 * may still fail.
 */
export function* checkJson(body: Buffer): Generator<void> {
  const keys = new Uint32Array(MAX_DEPTH + 1) // of the open objects, by depth; in lists they are not bounded
  const isObject = new Uint8Array(MAX_DEPTH + 1)
  let depth = 0
  let values = 0
  let inText = false
  for (let at = 0; at < body.length; at++) {
    if (at % STEP_BYTES === 0) yield
    const byte = body[at]
    if (inText) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inText = false
    } else if (byte === QUOTE) inText = true
    else if (byte === COMMA) {
      if (++values > MAX_VALUES) throw tooMany('values')
      const count = (keys[depth] ?? 0) + 1
      keys[depth] = count
      if (count > MAX_KEYS && isObject[depth]) throw tooMany('keys in an object')
    } else if (byte === BRACE || byte === BRACKET) {
      if (++depth > MAX_DEPTH) throw new Refusal('malformed', 'The body is nested too deep.')
      if (++values > MAX_VALUES) throw tooMany('values')
      keys[depth] = 0
      isObject[depth] = byte === BRACE ? 1 : 0
    } else if ((byte === BRACE_END || byte === BRACKET_END) && depth > 0) depth--
  }
}

function tooMany(what: string): Refusal {
  return new Refusal('too_large', `The body has too many ${what}: send fewer in a request.`)
}
