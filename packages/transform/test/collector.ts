import fc from 'fast-check'

// What the Collector stores, worked out another way than in src: AsString() of its pdata, and Go's encoding/json under it.

export type AnyValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | AnyValue[]
  | { [key: string]: AnyValue }
export type AnyMap = Record<string, AnyValue>

export function collectorMap(attributes: AnyMap): [string, string][] {
  return byBytes(Object.entries(attributes)).map(([key, value]) => [key, collectorText(value)])
}

export function collectorText(value: AnyValue): string {
  if (typeof value === 'string') return value.toWellFormed()
  if (value === null) return ''
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : goJson(value)
}

function goJson(value: AnyValue): string {
  if (typeof value === 'string') return goQuoted(value)
  if (typeof value === 'number') return goNumber(value)
  if (value === null || typeof value === 'boolean') return `${value}`
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`
  const members = byBytes(Object.entries(value)).map(([k, v]) => `${goQuoted(k)}:${goJson(v)}`)
  return `{${members.join(',')}}`
}

function byBytes<Entry extends [string, unknown]>(entries: Entry[]): Entry[] {
  return entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

const SHORT_ESCAPES = new Map(
  Object.entries({ '"': '"', '\\': '\\', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't' }),
)

function goQuoted(text: string): string {
  const characters = Array.from(text.toWellFormed(), (character) => {
    const short = SHORT_ESCAPES.get(character)
    if (short) return `\\${short}`
    return character < ' ' || character === '\u2028' || character === '\u2029'
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      : character
  })
  return `"${characters.join('')}"`
}

/** The shortest digits that mean this number, with an exponent below 1e-6 and from 1e21 on. */
function goNumber(value: number): string {
  const sign = value < 0 || Object.is(value, -0) ? '-' : ''
  const size = Math.abs(value)
  const [mantissa = '', power = ''] = size.toExponential().split('e')
  if (size !== 0 && (size < 1e-6 || size >= 1e21)) return `${sign}${mantissa}e${power}`
  const digits = mantissa.replace('.', '')
  const point = Number(power) + 1
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (digits.length <= point) return `${sign}${digits.padEnd(point, '0')}`
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}

// No digits in keys: objects have those first, whatever order they were added in.
const units = [
  ...'ab_Z"\\/<&\n\0\b\x1f\x7fé！漢\u2028\u2029\u3000\ud7ff\ue000\ufffd\uffff😀𝒳\u{10ffff}',
]
const key = fc.string({ unit: fc.constantFrom(...units), maxLength: 4 })
const text = fc.string({
  unit: fc.constantFrom(...units, '\ud800', '\udc00', 'x'.repeat(50)),
  maxLength: 6,
})
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.maxSafeInteger(),
  fc.integer().map((n) => n / 1e6),
  fc.constantFrom(0, -0, 1e-6, 9.9e-7, -1e-7, 1e20, 1e21, -1.5e21, 5e-324, 2 ** 60, 0.1 + 0.2),
)
const bytes = fc.uint8Array({ minLength: 1, maxLength: 5 })
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null), bytes)
export const { anyValue } = fc.letrec<{ anyValue: AnyValue }>((tie) => ({
  anyValue: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('anyValue'), { maxLength: 4 }),
    fc.dictionary(key, tie('anyValue'), { maxKeys: 5 }),
  ),
}))
export const anyMap: fc.Arbitrary<AnyMap> = fc.dictionary(key, anyValue, { maxKeys: 5 })

export function otlpList(map: AnyMap): object[] {
  return Object.entries(map).map(([name, value]) => ({ key: name, value: otlpValue(value) }))
}

export function otlpValue(value: AnyValue): object {
  if (value === null) return {}
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    const isInt = Number.isSafeInteger(value) && !Object.is(value, -0)
    return isInt ? { intValue: String(value) } : { doubleValue: value }
  }
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(otlpValue) } }
  return { kvlistValue: { values: otlpList(value) } }
}
