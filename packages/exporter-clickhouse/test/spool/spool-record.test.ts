import { crc32 } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { decodeRecord, encodeRecord, parseRecordName, recordName } from '../../src/spool/record.js'
import { batchOf, insertsFor } from './spool-kit.js'

const inserts = insertsFor('primary', 'central')
const PREFIX_BYTES = 16
const record = encodeRecord(batchOf('{"a":1}\n{"b":2}\n', 2), inserts)

test('a record gives back the same bytes, shape, statement and settings', () => {
  for (const name of ['primary', 'central']) {
    const loaded = decodeRecord(record, name)
    expect(loaded?.insert).toEqual(inserts.get(name))
    expect(loaded?.batch).toMatchObject({ rows: 2, rawBytes: 16, codec: 'none' })
    expect(loaded?.batch.compressed).toEqual(batchOf('{"a":1}\n{"b":2}\n').compressed)
  }
})

test('a destination whose name is a word of JavaScript is none that is not there', () => {
  expect(decodeRecord(record, 'constructor')).toBeUndefined()
  const odd = encodeRecord(batchOf('x'), insertsFor('__proto__'))
  expect(decodeRecord(odd, '__proto__')?.insert.statement).toBe('INSERT INTO __proto__')
})

test('cut at any byte it is none', () => {
  for (let length = 0; length < record.length; length++)
    expect(decodeRecord(record.subarray(0, length), 'primary')).toBeUndefined()
  expect(decodeRecord(Buffer.concat([record, Buffer.alloc(1)]), 'primary')).toBeUndefined()
})

test('with any bit flipped it is none', () => {
  for (let bit = 0; bit < record.length * 8; bit++) {
    const flipped = Buffer.from(record)
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(decodeRecord(flipped, 'primary')).toBeUndefined()
  }
})

test('with lengths that are not its own it is none', () => {
  for (const [head, body] of [
    [0, 0],
    [0xffffffff, 0],
    [0, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [record.length - 20, 0],
    [0, record.length - 20],
  ] as const) {
    const forged = Buffer.from(record)
    forged.writeUInt32LE(head, 8)
    forged.writeUInt32LE(body, 12)
    forged.writeUInt32LE(crc32(forged.subarray(0, -4)), forged.length - 4)
    expect(decodeRecord(forged, 'primary')).toBeUndefined()
  }
})

describe('with a checksum that is right, and a head that is not', () => {
  test.each([
    'no JSON',
    '[]',
    'null',
    '{}',
    '{"rows":"1","rawBytes":1,"codec":"none","digest":"","inserts":{}}',
    '{"rows":1,"rawBytes":1,"codec":"zstd","digest":"","inserts":{"primary":{"statement":"","settings":{}}}}',
    '{"rows":1,"rawBytes":1,"codec":"none","digest":"","inserts":{"primary":{"statement":""}}}',
    '{"rows":1,"rawBytes":1,"codec":"none","digest":"","inserts":{"primary":{"statement":"","settings":{"a":1}}}}',
  ])('it is none: %s', (json) => {
    const head = Buffer.from(json)
    const forged = Buffer.alloc(PREFIX_BYTES + head.length + 4)
    record.copy(forged, 0, 0, PREFIX_BYTES)
    forged.writeUInt32LE(head.length, 8)
    forged.writeUInt32LE(0, 12)
    head.copy(forged, PREFIX_BYTES)
    forged.writeUInt32LE(crc32(forged.subarray(0, -4)), forged.length - 4)
    expect(decodeRecord(forged, 'primary')).toBeUndefined()
  })

  test('and it is one where both are', () => {
    const forged = Buffer.from(record)
    forged.writeUInt32LE(crc32(forged.subarray(0, -4)), forged.length - 4)
    expect(decodeRecord(forged, 'primary')).toBeDefined()
  })
})

test('its name says when it was written, and how many rows and bytes it holds', () => {
  const shape = { stamp: 1_750_000_000_000_001, rows: 512, bytes: 40_000 }
  expect(recordName(shape)).toBe('1750000000000001-512-40000.batch')
  expect(parseRecordName(recordName(shape))).toEqual(shape)
  for (const name of [
    '',
    'x.batch',
    '1-2-3.batch',
    `${recordName(shape)}.draft`,
    '../../etc/passwd',
  ])
    expect(parseRecordName(name)).toBeUndefined()
})
