// What is needed to write the few small messages of our answers.

const LENGTH_DELIMITED = 2

export function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return Buffer.from(bytes)
}

/** A whole number that is not negative; nothing if it is 0, as in proto3. */
export function intField(field: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.concat([varint(field * 8), varint(value)])
}

/** A text or message. */
export function bytesField(field: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([varint(field * 8 + LENGTH_DELIMITED), varint(bytes.length), bytes])
}
