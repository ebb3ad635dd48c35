import {
  exceptionCode,
  explained,
  foreignSuccess,
  grantFix,
  meaningOfStatus,
  oneLine,
  type Reply,
} from '#exporter'
import { ReadError, type ReadProblem } from './read-error.js'
import type { Connection } from './reader.js'

const MAX_MESSAGE_LENGTH = 400
const READONLY = 164
export const TOO_MANY_QUERIES = 202

interface Meaning {
  readonly problem: ReadProblem
  readonly what: (connection: Connection, message: string) => string
  readonly fix?: string
}

const CREDENTIALS =
  'check the user (--user) and the password, which is read from OTEL_EXPORTER_CLICKHOUSE_PASSWORD or from the URL of --endpoint'
const refusesUser = ({ url, username }: Connection) =>
  `ClickHouse at ${url} refuses the user '${oneLine(username)}'`
const says = (_: Connection, message: string) => `ClickHouse says: ${message}`

const LIMIT_OF_USER: Meaning = {
  problem: 'limit',
  what: ({ url, username }) =>
    `ClickHouse at ${url} runs no more queries of the user '${oneLine(username)}' at a time`,
  fix: 'raise its max_concurrent_queries_for_user, use another user, or try again when its other queries have ended',
}

/** By the exception code of ClickHouse. */
const MEANINGS: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  ...[192, 193, 194, 516].map((code): [number, Meaning] => [
    code,
    { problem: 'refused', what: refusesUser, fix: CREDENTIALS },
  ]),
  [
    60,
    {
      problem: 'query',
      // After its name comes the whole query.
      what: (_, message) => `ClickHouse says: ${message.replace(/ in scope SELECT .*/s, '')}`,
      fix: 'check its name; a table of ours is there again when the next span arrives',
    },
  ],
  [
    497,
    { problem: 'refused', what: says, fix: 'grant this right to the user, or use another one' },
  ],
  [
    159,
    {
      problem: 'limit',
      what: () => 'The query took longer than it may',
      fix: 'choose a shorter time range or a narrower search',
    },
  ],
  [
    160,
    {
      problem: 'limit',
      what: () => 'ClickHouse expects the query to take longer than it may',
      fix: 'choose a shorter time range or a narrower search',
    },
  ],
  [
    241,
    {
      problem: 'limit',
      what: () => 'The query needs more memory than it may use',
      fix: 'choose a shorter time range or a narrower search',
    },
  ],
  [
    201,
    {
      problem: 'limit',
      what: ({ username }) => `The quota of the user '${oneLine(username)}' is used up`,
      fix: 'wait until its interval ends, or raise it on the server',
    },
  ],
  [
    TOO_MANY_QUERIES,
    {
      problem: 'limit',
      what: () => 'ClickHouse runs too many queries at the moment',
      fix: 'try again in a moment',
    },
  ],
  [
    READONLY,
    {
      problem: 'query',
      what: (_, message) => `Only reading is allowed here, and ClickHouse says: ${message}`,
      fix: 'write SELECT, SHOW, DESCRIBE or EXPLAIN, without settings',
    },
  ],
])

/** A reply without the rows that were asked for, as one sentence. */
export function failureOfReply(reply: Reply, connection: Connection): ReadError {
  const code = exceptionCode(reply)
  if (code !== 0) return failureOfException(code, reply.body, connection)
  const isSuccess = reply.status >= 200 && reply.status < 300
  const { error, fix } = isSuccess
    ? foreignSuccess(reply, 'without an answer of ClickHouse')
    : meaningOfStatus(reply)
  const isRefusal = reply.status === 401 || reply.status === 403
  return new ReadError(
    isRefusal ? 'refused' : 'unreachable',
    `${connection.url} does not answer as ClickHouse does (${error.message})`,
    {
      fix: isRefusal ? CREDENTIALS : clause(fix ?? 'Check the host, the port (8123) and the path.'),
    },
  )
}

/** An exception of ClickHouse, as one sentence. */
export function failureOfException(code: number, text: string, connection: Connection): ReadError {
  const ofUser = code === TOO_MANY_QUERIES && / for user /.test(text) ? LIMIT_OF_USER : undefined
  const { problem, what, fix } = ofUser ?? MEANINGS.get(code) ?? { problem: 'query', what: says }
  const grant = grantFix(code, text)
  return new ReadError(problem, what(connection, messageIn(text)).replace(/\.$/, ''), {
    fix: grant ? clause(grant) : fix,
    code,
    refusedSetting: refusedSetting(code, text),
  })
}

function refusedSetting(code: number, text: string): string | undefined {
  const [, name] =
    /(?:Cannot modify|Setting|Unknown setting|setting) ['"`]?([a-z0-9_]+)['"`]?/.exec(text) ?? []
  return [115, READONLY, 452].includes(code) ? name : undefined
}

/** A request without a reply, as one sentence. */
export function failureOfNetwork(error: Error, { url }: Connection): ReadError {
  const scheme = url.startsWith('https:') ? 'https' : 'http'
  const { error: shown, fix } = explained({ error, unanswered: scheme }, true)
  return new ReadError('unreachable', `${url} does not answer (${oneLine(shown.message)})`, {
    fix: clause(fix ?? 'Check the host and the port, and the firewalls on the way.'),
  })
}

/** The message without the code before it and the version after it, on one line. */
function messageIn(text: string): string {
  const message = text
    .slice(0, 20_000)
    .replace(/^.*?Code: \d+\. DB::Exception: /s, '')
    .replace(/: In scope SELECT formatQuerySingleLine\(.*/s, '') // how we ask (reading-only.ts)
    .replace(/\s*\(version [^\n]*\s*$/, '')
    .replace(/\s*\([A-Z][A-Z0-9_]{3,60}\)\s*$/, '')
  const line = message.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}…` : line
}

/** Advice of the exporter's as a clause, in the words of the command line. */
function clause(fix: string): string {
  const words = fix.replace(/^`endpoint`/, 'the endpoint').replaceAll('`endpoint`', 'the endpoint')
  return words.replace(/^[A-Z](?=[a-z]*\b)/, (letter) => letter.toLowerCase())
}
