// Not by fetch(): its parser is WebAssembly, compiled on other threads when it is first used, some 150 ms of CPU time.
import { once } from 'node:events'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What a server answers: to a statement, or to being asked nothing. */
export async function ask(endpoint, statement) {
  const [response] = await once(
    request(endpoint, { method: statement ? 'POST' : 'GET' }).end(statement),
    'response',
  )
  const answer = await text(response)
  if (response.statusCode !== 200) throw new Error(answer)
  return answer
}

/** What came to a sink since this was last asked. */
export async function countsOf(sink) {
  return JSON.parse(await ask(sink))
}
