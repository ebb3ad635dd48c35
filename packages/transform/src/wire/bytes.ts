/** The methods of Buffer that are used here, so that the package's types do not need those of Node. What they return is a copy. */
export interface Bytes extends Uint8Array {
  utf8Slice(from: number, to: number): string
  latin1Slice(from: number, to: number): string
  hexSlice(from: number, to: number): string
}

export function bytesOf({ buffer, byteOffset, byteLength }: Uint8Array): Bytes {
  return Buffer.from(buffer, byteOffset, byteLength) as unknown as Bytes
}
