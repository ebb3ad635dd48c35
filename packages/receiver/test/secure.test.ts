import { request } from 'node:https'
import { expect, test } from 'vitest'
import { CERT, fixture, KEY } from '../../../test/kit/raw-server.js'
import { framed, grpcClient, opened, spansAsJson } from './kit.js'
import { spansAsProtobuf } from './protobuf-request.js'

/** The status of a request, or the code of the error. */
function status(url: string, options: object): Promise<number | string | undefined> {
  return new Promise((resolve) => {
    const sent = request(`${url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...options,
    })
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
    sent.on('response', (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.end(spansAsJson(2))
  })
}

test('both protocols are served with TLS', async () => {
  const { http, grpc, tables } = await opened({ tls: { cert: CERT, key: KEY } })
  const trusting = { ca: CERT, servername: 'localhost', checkServerIdentity: () => undefined }
  expect(await status(http, trusting)).toBe(200)
  expect((await grpcClient(grpc, trusting).call([framed(spansAsProtobuf(3, 10))])).status).toBe('0')
  expect(tables.traces.rows).toHaveLength(5)
})

test('with an authority for clients, only those with its certificate may send', async () => {
  const { http } = await opened({ tls: { cert: CERT, key: KEY, clientCa: CERT } })
  const trusting = { ca: CERT, checkServerIdentity: () => undefined }
  expect(await status(http, { ...trusting, cert: CERT, key: KEY })).toBe(200)
  const foreign = { cert: fixture('foreign-cert'), key: fixture('foreign-key') }
  expect(await status(http, { ...trusting, ...foreign })).not.toBe(200)
  expect(await status(http, trusting)).not.toBe(200)
})
