import { request } from 'node:http'

const DEADLINE_MS = 60_000
const MAX_MESSAGE_LENGTH = 1000

/** Posts one statement and returns the text of the answer; rejects with the server's message. */
export function query(url: string, sql: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(DEADLINE_MS)
    const fail = (error: Error) =>
      reject(signal.aborted ? new Error(`No answer from ${url} in ${DEADLINE_MS} ms`) : error)
    // With wait_end_of_query an error half way still gets its status.
    const target = `${url}/?wait_end_of_query=1`
    const body = Buffer.from(sql)
    const headers = { 'Content-Length': body.length }
    // No agent: a kept connection would not survive a restart on the same port.
    const req = request(target, { method: 'POST', agent: false, headers, signal }, (res) => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('error', fail)
      res.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        if (res.statusCode === 200) resolve(text)
        else reject(new Error(text.trim().slice(0, MAX_MESSAGE_LENGTH)))
      })
    })
    req.on('error', fail)
    req.end(body)
  })
}
