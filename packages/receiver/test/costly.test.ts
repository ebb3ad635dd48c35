import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { until } from '../../../test/kit/patience.js'
import { held, opened, post, spansAsJson } from './kit.js'

const MiB = 1024 * 1024

describe('JSON that would take long to parse is refused', () => {
  test.each([
    ['millions of numbers', 413, () => `{"resourceSpans":[${'1,'.repeat(8 * MiB)}1]}`],
    ['millions of lists', 413, () => `{"resourceSpans":[${'[],'.repeat(3 * MiB)}1]}`],
    ['an object of many keys', 413, () => `{${keys(30_000)}}`],
    ['lists in lists without end', 400, () => '['.repeat(8 * MiB)],
    ['objects in objects without end', 400, () => '{"a":'.repeat(MiB)],
  ])('%s', async (_, status, body) => {
    const { http } = await opened()
    expect((await post(`${http}/v1/traces`, body())).status).toBe(status)
  })

  test('and that is no reason to refuse texts with brackets, commas and quotes, or long lists', async () => {
    const { http, tables } = await opened()
    const values = Array.from({ length: 30_000 }, (_, n) => ({ intValue: n }))
    const attributes = [
      { key: 'text', value: { stringValue: '[{,"\\'.repeat(600_000) } },
      { key: 'list', value: { arrayValue: { values } } },
    ]
    const answer = await post(`${http}/v1/traces`, spansAsJson(1, 0, attributes))
    expect(answer).toMatchObject({ status: 200 })
    expect(tables.traces.rows).toHaveLength(1)
  })
})

test('the same bytes as JSON are another request than as protobuf', async () => {
  const { http } = await opened()
  const url = `${http}/v1/traces`
  const protobuf = { 'content-type': 'application/x-protobuf' }
  expect((await post(url, '', protobuf)).status).toBe(200)
  expect((await post(url, '')).status).toBe(400)
})

test('thousands of requests on one connection, before the first is answered, are refused from some number on', async () => {
  const { http, receiver, server } = await opened({ holdMs: 60_000 })
  const { release } = held(server)
  const request = (n: number) => {
    const body = spansAsJson(1, n)
    return `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  }
  const socket = connect(Number(new URL(http).port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => {})
  socket.write(Array.from({ length: 5010 }, (_, n) => request(n)).join(''))
  socket.resume()
  const counted = (wanted: number) =>
    receiver.stats().requests.find(({ status }) => status === wanted)?.requests
  await until(() => counted(503) === 10)
  expect((await post(`${http}/v1/traces`, spansAsJson(1))).status).toBe(503)
  release()
  await until(() => counted(200) === 5000)
  expect((await post(`${http}/v1/traces`, spansAsJson(1, 6000))).status).toBe(200)
})

function keys(count: number): string {
  return Array.from({ length: count }, (_, n) => `"${n.toString(36)}":1`).join(',')
}
