import {
  commitsAndCuts,
  commitsAndHangsUp,
  commitsAndIsSilent,
  commitsAndNeverEnds,
  commitsAndResets,
  commitsAndSends,
  commitsAndThrows,
  commitsAndTrickles,
  readsAndEnds,
  readsAndStops,
  replies,
  throws,
} from '../kit/behaviours.js'
import { exception } from '../kit/exceptions.js'
import { wireOf } from '../kit/http-wire.js'
import { answer, type Behaviour } from '../kit/scripted-clickhouse.js'

/** One way to misbehave, once. In every case all rows must be there afterwards, and no row twice. */
export interface Misbehaviour {
  readonly name: string
  readonly does: Behaviour
  /** The rows are in the table. If they are sent again, the server must recognise them. */
  readonly commits: boolean
  /** The answer is unusual but valid. */
  readonly isAnswer?: true
}

const OK = 'HTTP/1.1 200 OK\r\n'
/** The beginning of an answer that shows it is from ClickHouse. */
const OWN = `${OK}x-clickhouse-summary: {}\r\n`
const EVERYTHING = Number.POSITIVE_INFINITY

const nothingWritten: Record<string, Behaviour> = {
  'resets before it has read a byte of the rows': readsAndEnds(0),
  'hangs up before it has read a byte of the rows': readsAndEnds(0, 'hangUp'),
  'resets after a byte of the rows': readsAndEnds(1),
  'hangs up amid the rows': readsAndEnds(100, 'hangUp'),
  'resets amid the rows': readsAndEnds(100),
  'resets after all of the rows': readsAndEnds(EVERYTHING),
  'hangs up after all of the rows': readsAndEnds(EVERYTHING, 'hangUp'),
  'reads no row and says nothing': readsAndStops(0),
  'reads some of the rows and says nothing': readsAndStops(100),
  'reads all of the rows and says nothing': readsAndStops(EVERYTHING),
  'says 502 for the server behind it': replies({
    status: 502,
    headers: {},
    body: '<html>Bad Gateway',
  }),
  'says 503 and when to come again': replies({
    status: 503,
    headers: { 'retry-after': '0.01' },
    body: '',
  }),
  'says 429 and when to come again, in the past': replies({
    status: 429,
    headers: { 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' },
    body: '',
  }),
  'says 408': replies({ status: 408, headers: {}, body: '' }),
  'says 200 and, in a header, that it could not read (ClickHouse#65117)': replies(
    exception({ code: 209, name: 'SOCKET_TIMEOUT' }, '200 and header'),
  ),
  'says 200 and, in the body, that memory is short': replies(
    exception({ code: 241, name: 'MEMORY_LIMIT_EXCEEDED' }, '200 and tail'),
  ),
  'says 200 and, as old servers do, that memory is short': async (exchange) => {
    const { body } = exception({ code: 241 }, 'old body')
    await replies({ status: 200, headers: {}, body })(exchange)
  },
  'has too many parts': throws({
    code: 252,
    name: 'TOO_MANY_PARTS',
    message: 'Too many parts (300)',
  }),
  'is read-only': throws({ code: 242, name: 'TABLE_IS_READ_ONLY' }),
  'has no keeper': throws({ code: 999, name: 'KEEPER_EXCEPTION' }),
  'says a code of the future': throws({ code: 4711, name: 'OF_THE_FUTURE' }),
  'sends no HTTP at all': async (exchange) => {
    await exchange.send('SSH-2.0-OpenSSH_9.6\r\n')
    exchange.hangUp()
  },
  'sends bytes of TLS': async (exchange) => {
    await exchange.send(Buffer.from([0x15, 0x03, 0x01, 0, 2, 2, 40]))
    exchange.hangUp()
  },
  'switches to another protocol': async (exchange) => {
    await exchange.whole()
    await exchange.send(
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n',
    )
    await exchange.gone
  },
  'asks to go on, and goes away': async (exchange) => {
    await exchange.send('HTTP/1.1 100 Continue\r\n\r\n')
    exchange.reset()
  },
}

const written: Record<string, Behaviour> = {
  resets: commitsAndResets,
  'hangs up': commitsAndHangsUp,
  'is silent': commitsAndIsSilent,
  'resets amid the status line': commitsAndCuts(7),
  'resets amid the headers': commitsAndCuts(25),
  'says 502 for the server behind it': async (exchange) => {
    await exchange.commit()
    await exchange.send(wireOf({ status: 502, headers: {}, body: '' }))
  },
  'says 504 for the server behind it': async (exchange) => {
    await exchange.commit()
    await exchange.send(wireOf({ status: 504, headers: {}, body: '<html>Gateway Time-out' }))
  },
  'does not know whether it has': commitsAndThrows({ code: 319, name: 'UNKNOWN_STATUS_OF_INSERT' }),
  'was too slow for itself': commitsAndThrows({ code: 159, name: 'TIMEOUT_EXCEEDED' }),
  'has failed in a view': commitsAndThrows({
    code: 27,
    name: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
    message: 'Cannot parse: while pushing to view db.view (0000)',
  }),
  'promises more bytes than it sends': commitsAndSends(`${OK}content-length: 100\r\n\r\n12345`),
  'ends the headers never': commitsAndSends(`${OK}x-clickhouse-summary: {`, 'wait'),
  'sends headers without end': commitsAndNeverEnds(OK, `x-more: ${'x'.repeat(1000)}\r\n`),
  'sends a chunk that never ends': commitsAndSends(
    `${OK}transfer-encoding: chunked\r\n\r\nff\r\nhalf`,
    'wait',
  ),
  'sends a chunk of nonsense': commitsAndSends(
    `${OK}transfer-encoding: chunked\r\n\r\nnonsense\r\n`,
    'wait',
  ),
  'says two lengths': commitsAndSends(`${OK}content-length: 1\r\ncontent-length: 2\r\n\r\n12`),
  'says both a length and chunks': commitsAndSends(
    `${OK}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
  ),
  'says a negative length': commitsAndSends(`${OK}content-length: -1\r\n\r\n`),
  'sends a megabyte and more': commitsAndSends(
    `${OK}content-length: 3000000\r\n\r\n${'x'.repeat(3_000_000)}`,
  ),
  'sends an answer without end': commitsAndNeverEnds(
    `${OK}transfer-encoding: chunked\r\n\r\n`,
    `400\r\n${'x'.repeat(1024)}\r\n`,
  ),
  // Changes that a proxy, or another program in place of the server, may make to the answer.
  'answers 204': async (exchange) => {
    await exchange.commit()
    await exchange.send('HTTP/1.1 204 No Content\r\n\r\n')
  },
  'answers with a word': commitsAndSends(`${OWN}content-length: 3\r\n\r\nOk.`, 'go on'),
  'answers with a page': commitsAndSends(
    `${OK}content-type: text/html\r\ncontent-length: 6\r\n\r\n<html>`,
    'go on',
  ),
  'answers with half a megabyte': commitsAndSends(
    `${OWN}content-length: 500000\r\n\r\n${'x'.repeat(500_000)}`,
    'go on',
  ),
  'garbles the code of an exception': commitsAndSends(
    `${OWN}x-clickhouse-exception-code: abc\r\ncontent-length: 0\r\n\r\n`,
    'go on',
  ),
  'sends a byte of the answer now and then': commitsAndTrickles(50),
  'sends 1xx without end': commitsAndNeverEnds('', 'HTTP/1.1 102 Processing\r\n\r\n', 1),
}

const wellAnswered: Record<string, Behaviour> = {
  'after a hundred 1xx': async (exchange) => {
    await exchange.send('HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n'.repeat(100))
    await answer(exchange)
  },
  'in chunks, with a trailer': commitsAndSends(
    `${OWN}transfer-encoding: chunked\r\ntrailer: x\r\n\r\n0\r\nx: y\r\n\r\n`,
    'go on',
  ),
  'until the connection ends': async (exchange) => {
    await exchange.commit()
    await exchange.send(`HTTP/1.0 200 OK\r\nx-clickhouse-summary: {}\r\n\r\n`)
    exchange.connection.end()
  },
  'and asks for the connection to be closed': async (exchange) => {
    await exchange.commit()
    await exchange.send(`${OWN}connection: close\r\ncontent-length: 0\r\n\r\n`)
    exchange.connection.end()
  },
  'with something more on the connection than was asked for': async (exchange) => {
    await exchange.commit()
    await exchange.send(`${OWN}content-length: 0\r\n\r\nHTTP/1.1 500 Nobody asked\r\n\r\n`)
  },
  'with an exception of code 0': async (exchange) => {
    await exchange.commit()
    await exchange.send(`${OWN}x-clickhouse-exception-code: 0\r\ncontent-length: 0\r\n\r\n`)
  },
}

export const MISBEHAVIOURS: readonly Misbehaviour[] = [
  ...Object.entries(nothingWritten).map(([name, does]) => ({ name, does, commits: false })),
  ...Object.entries(written).map(([name, does]) => ({
    name: `stores the rows and ${name}`,
    does,
    commits: true,
  })),
  ...Object.entries(wellAnswered).map(([name, does]) => ({
    name: `stores the rows and answers well, ${name}`,
    does,
    commits: true,
    isAnswer: true as const,
  })),
]
