import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { until } from '../../../../test/kit/patience.js'
import { gzip } from '../../src/batching/gzip.js'

const INPUTS = [
  Buffer.from('a'),
  Buffer.from('the same again '.repeat(10_000)),
  randomBytes(3 * 1024 * 1024), // its member has several chunks
  Buffer.from(randomBytes(40_000).toString('hex')),
]

test('each input is a member of its own, one after the other and several at once', async () => {
  for (const input of [...INPUTS, ...INPUTS])
    expect(gunzipSync(await gzip(input, 3)).equals(input)).toBe(true)
  const many = [...INPUTS, ...INPUTS, ...INPUTS]
  const members = await Promise.all(many.map((input, n) => gzip(input, 1 + (n % 3))))
  members.forEach((member, n) => {
    expect(gunzipSync(member).equals(many[n] ?? Buffer.alloc(0))).toBe(true)
  })
})

test('equal inputs give equal members, which later ones do not change', async () => {
  const [, input = Buffer.alloc(0)] = INPUTS
  const first = await gzip(input, 3)
  const copy = Buffer.from(first)
  for (const other of INPUTS) await gzip(other, 3)
  expect(first.equals(copy)).toBe(true)
  expect((await gzip(input, 3)).equals(first)).toBe(true)
  expect(first.buffer.byteLength).toBe(first.length)
})

test('nothing that an application keeps in its AsyncLocalStorage is kept alive', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const storage = new AsyncLocalStorage<object>()
  const served = async () => {
    const request = { url: '/' }
    await storage.run(request, () => gzip(Buffer.from('rows'), 9)) // a level without an idle compressor
    return new WeakRef(request)
  }
  const reference = await served()
  await until(() => {
    collect()
    return reference.deref() === undefined
  })
})
