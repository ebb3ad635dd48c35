import type { IncomingMessage } from 'node:http'
import { Refusal } from './refusal.js'

const MAX_BYTES = 256 * 1024

/** The text in a JSON body `{sql}`. */
export async function sqlIn(request: IncomingMessage): Promise<string> {
  // A form of another site can send other types without asking first.
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? ''))
    throw new Refusal(415, 'The body must be JSON.')
  const { sql } = parsed(await textOf(request))
  if (typeof sql !== 'string' || sql.trim() === '')
    throw new Refusal(400, 'There is no SQL in the request.', 'Write a SELECT.')
  return sql
}

async function textOf(request: IncomingMessage): Promise<string> {
  const tooLong = new Refusal(413, 'The SQL is longer than 256 KiB.', 'Write less.')
  if (Number(request.headers['content-length']) > MAX_BYTES) throw tooLong
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw tooLong
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsed(text: string): { sql?: unknown } {
  try {
    return Object(JSON.parse(text)) as { sql?: unknown }
  } catch {
    throw new Refusal(400, 'The body is not JSON.')
  }
}
