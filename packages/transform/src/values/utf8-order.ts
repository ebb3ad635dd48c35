const FIRST_SURROGATE = 0xd800

/** Orders texts by their UTF-8 bytes, as Go and ClickHouse do. `<` compares UTF-16 units and puts an emoji before U+FF01. */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length)
  for (let index = 0; index < shared; index++) {
    const [one, other] = [a.charCodeAt(index), b.charCodeAt(index)]
    if (one === other) continue
    return one < FIRST_SURROGATE && other < FIRST_SURROGATE
      ? one - other
      : Buffer.compare(Buffer.from(a), Buffer.from(b))
  }
  return a.length - b.length
}
