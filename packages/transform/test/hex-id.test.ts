import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hexId } from '../src/types/hex-id.js'
import { newEncoding } from '../src/writing/encoding.js'

test('ids are written in lower case and empty where they are nothing, whichever came before', () => {
  const id = fc.oneof(
    ...[16, 32].map((length) =>
      fc.string({
        unit: fc.constantFrom(...'0123456789abcdefF'),
        minLength: length,
        maxLength: length,
      }),
    ),
    fc.constantFrom('0'.repeat(32), '0'.repeat(16), 'ü'.repeat(32), `${'a'.repeat(31)}"`, ''),
  )
  fc.assert(
    fc.property(
      fc.array(id, { minLength: 1, maxLength: 6 }),
      fc.array(fc.nat(5), { maxLength: 40 }),
      (ids, order) => {
        const encoding = newEncoding()
        const { out } = encoding
        for (const index of order) {
          const one = ids[index % ids.length] ?? ''
          const { room } = encoding
          out.length = 0
          expect(hexId.write(one, encoding)).toBe(true)
          const written: unknown = JSON.parse(out.toString())
          expect(written).toBe(/^0*$/.test(one) ? '' : one.toLowerCase())
          expect(room - encoding.room).toBe(String(written).length)
        }
      },
    ),
  )
})
