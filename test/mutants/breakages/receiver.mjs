import { receiver } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const protocols = [receiver('http'), receiver('grpc'), receiver('timeout')]
const bodies = [receiver('http'), receiver('acknowledgement'), receiver('bodies')]
const answers = [receiver('verdict'), receiver('repeats'), receiver('acknowledgement')]
const costly = [receiver('costly'), receiver('http')]

export const RECEIVER = [
  ...inFile('receiver/bodies/body', bodies, [
    ['keeps what a refused body had reserved', '    release()\n    throw error', '    throw error'],
    [
      'takes a body that is too long when it is inflated',
      'if (length > maxBytes) throw tooLarge(maxBytes)',
      '',
    ],
    [
      'keeps the bytes of a body that nobody needs',
      '    reserved = 0\n    bytes = NONE',
      '    reserved = 0',
    ],
  ]),
  ...inFile('receiver/bodies/budget', bodies, [
    ['tells nobody that there is room', 'released.happened()', ''],
    ['takes a body for which there is no room', 'used + bytes > maxBytes', 'used > maxBytes'],
  ]),
  ...inFile(
    'receiver/bodies/inflate',
    [receiver('bodies'), ...protocols],
    [
      [
        'waits for a client that had gone before',
        'if (source.destroyed) gone()\n  else source.pipe',
        'source.pipe',
      ],
      ['waits for a client that goes meanwhile', ".once('close', close)", ''],
      ['calls a body that is cut off its own mistake', "startsWith('Z_')", "startsWith('ERR_')"],
    ],
  ),
  ...inFile('receiver/http/handle', protocols, [
    [
      'calls a client that has gone its own mistake',
      'if (!(error instanceof Refusal) && hasGone(request)) return\n',
      '',
    ],
    [
      'takes a client for present that left after it had sent its body',
      '!request.readableEnded',
      '!request.complete',
    ],
    ['asks for no token', 'checkToken(headers.authorization)\n', '\n'],
    ['asks for no origin', 'if (!cors.allows(headers.origin))', 'if (false)'],
    ['is healthy while it closes', 'closing ? 503 : 200', '200'],
  ]),
  ...inFile('receiver/http/handle', costly, [
    ['keeps the place of a request', '    patience.end()\n    leave()', '    patience.end()'],
  ]),
  ...inFile('receiver/http/exchange', answers, [
    ['does not say when to repeat a request', 'retryAfterSeconds !== undefined', 'false'],
  ]),
  ...inFile('receiver/access/places', costly, [['gives no place back', 'taken--', '']]),
  ...inFile('receiver/access/token', protocols, [
    ['wants a capital letter', '/^bearer +(.+)$/i', '/^Bearer +(.+)$/'],
    [
      'takes a token that begins with the right one',
      'digest(given.trim())',
      'digest(given.trim().slice(0, token.length))',
    ],
  ]),
  ...inFile('receiver/grpc/message', protocols, [
    [
      'takes a message that is cut off',
      "if (left > 0) throw new Refusal('malformed', 'The message is cut off.')",
      '',
    ],
    ['forgets the first part of a prefix', 'Buffer.concat([start, value])', 'value'],
    [
      'takes a compressed message for a plain one',
      'if (flag === 0) yield* payload',
      'if (flag >= 0) yield* payload',
    ],
  ]),
  ...inFile('receiver/grpc/timeout', protocols, [
    ['answers when the client has given up', 'ms - Math.min(MARGIN_MS, ms / 2)', 'ms'],
  ]),
  ...inFile('receiver/grpc/call', protocols, [
    ['asks for no token', 'checkToken(headers.authorization)\n', '\n'],
    ['calls a client that has gone its own mistake', ' && !isGone) parts', ') parts'],
  ]),
  ...inFile('receiver/intake/desk', answers, [
    ['keeps the memory of a repeated request', 'if (!isNew) body.release()', ''],
    [
      'keeps the body of a request until its rows are safe',
      '    } finally {\n      body.release()\n    }',
      '    } finally {\n    }',
    ],
    [
      'counts no rejected rows',
      "if (verdict?.step === 'answer') rejected += verdict.taken.rejected",
      '',
    ],
  ]),
  ...inFile('receiver/intake/desk', costly, [
    ['takes JSON for protobuf of the same bytes', 'format} $', "''} $"],
  ]),
  ...inFile('receiver/intake/repeats', answers, [
    ['remembers that it was busy', "if (step === 'answer') answered", 'answered'],
    ['takes a request again that is in progress', 'working.get(digest) ?? answered', 'answered'],
    ['remembers all answers for ever', '      forgetOld()\n', ''],
    ['forgets answers at once', 'answered.size <= MAX_REMEMBERED && ', ''],
  ]),
  ...inFile('receiver/intake/verdict', answers, [
    ['says that rows are taken for which there was no room', "  'queue_full',\n", ''],
    [
      'lets one route stand in for another',
      'if (verdicts.includes(undefined)) return undefined',
      'if (verdicts.every((one) => one === undefined)) return undefined',
    ],
    ['waits for a destination that fails', 'unsafe > 0 && !isBehind', 'unsafe > 0'],
    [
      'does not wait for a second destination',
      'if (courses.some(({ unsafe, isBehind }) => unsafe > 0 && !isBehind)) return undefined\n',
      '',
    ],
    [
      'names the destination that rejected most',
      'a.rejected - b.rejected',
      'b.rejected - a.rejected',
    ],
  ]),
  ...inFile('receiver/intake/json-check', costly, [
    ['ends a text at a quote that is escaped', 'if (byte === BACKSLASH) at++\n      else if', 'if'],
    ['does not bound the depth', '++depth > MAX_DEPTH', '++depth < 0'],
    ['counts the keys of lists', 'count > MAX_KEYS && isObject[depth]', 'count > MAX_KEYS'],
  ]),
  ...inFile('receiver/intake/json-slices', answers, [
    ['loses records of a long list', 'list.slice(from, from + SLICE)', 'list.slice(from, SLICE)'],
  ]),
  ...inFile(
    'receiver/receiver',
    [receiver('options'), receiver('http')],
    [
      ['cuts requests off when it closes', 'await endServers()', 'void endServers()'],
      ['warns of a door that is shut', '!isLoopback(host)', 'isLoopback(host)'],
    ],
  ),
]
