import { clock } from './clock.js'
import { ClickHouseError, oneLine } from './errors.js'
import type { Exchange, Reply } from './http.js'
import type { Outcome } from './outcome.js'

type Class =
  | 'transient' // nothing was written; the same again, later
  | 'overloaded' // the same, more gently
  | 'ambiguous' // it may have been written: only the same bytes with the same token
  | 'misconfigured' // somebody has to change something; hold the rows
  | 'missing_table' // misconfigured, unless we may create it
  | 'unknown_setting' // misconfigured, unless the setting is one of ours that an old server lacks
  | 'rejected' // a row in it will never be taken
  | 'too_large' // too many bytes or partitions in one INSERT

// By ClickHouse's code, because its HTTP status tells little (src/Server/HTTP/exceptionCodeToHTTPStatus.cpp:
// 202, 241, 242, 252, 306, 319, 407 and 999 are all 500). Names are those of src/Common/ErrorCodes.cpp.
const BY_CODE = new Map<number, Class>([
  ...each('transient', [
    107, // FILE_DOESNT_EXIST
    164, // READONLY
    198, // DNS_ERROR
    225, // NO_ZOOKEEPER
    236, // ABORTED
    242, // TABLE_IS_READ_ONLY
    243, // NOT_ENOUGH_SPACE
    244, // UNEXPECTED_ZOOKEEPER_ERROR
    254, // NO_ACTIVE_REPLICAS
    265, // NO_AVAILABLE_REPLICA
    279, // ALL_CONNECTION_TRIES_FAILED
    285, // TOO_FEW_LIVE_REPLICAS
    289, // REPLICA_IS_NOT_IN_QUORUM
    297, // SHARD_HAS_NO_CONNECTIONS
    384, // PART_IS_TEMPORARILY_LOCKED
    722, // ASYNC_LOAD_WAIT_FAILED
    733, // TABLE_IS_BEING_RESTARTED
    // The body did not arrive as it was sent.
    246, // CORRUPTED_DATA
    271, // CANNOT_DECOMPRESS
    354, // ZLIB_INFLATE_FAILED
  ]),
  ...each('overloaded', [
    201, // QUOTA_EXCEEDED
    202, // TOO_MANY_SIMULTANEOUS_QUERIES
    203, // NO_FREE_CONNECTION
    241, // MEMORY_LIMIT_EXCEEDED
    252, // TOO_MANY_PARTS, and see partitions below
    290, // LIMIT_EXCEEDED
    364, // RECEIVED_ERROR_TOO_MANY_REQUESTS
    439, // CANNOT_SCHEDULE_TASK
    574, // DISTRIBUTED_TOO_MANY_PENDING_BYTES
    745, // SERVER_OVERLOADED
  ]),
  ...each('ambiguous', [
    3, // UNEXPECTED_END_OF_FILE
    33, // CANNOT_READ_ALL_DATA
    159, // TIMEOUT_EXCEEDED
    209, // SOCKET_TIMEOUT
    210, // NETWORK_ERROR
    216, // QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING
    286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
    319, // UNKNOWN_STATUS_OF_INSERT
    394, // QUERY_WAS_CANCELLED
    425, // SYSTEM_ERROR
    735, // QUERY_WAS_CANCELLED_BY_CLIENT
    999, // KEEPER_EXCEPTION
    1000, // POCO_EXCEPTION
    1001, // STD_EXCEPTION
    1002, // UNKNOWN_EXCEPTION
  ]),
  ...each('misconfigured', [
    7, // INCORRECT_NUMBER_OF_COLUMNS
    10, // NOT_FOUND_COLUMN_IN_BLOCK
    16, // NO_SUCH_COLUMN_IN_TABLE
    18, // CANNOT_INSERT_ELEMENT_INTO_CONSTANT_COLUMN
    20, // NUMBER_OF_COLUMNS_DOESNT_MATCH
    36, // BAD_ARGUMENTS
    44, // ILLEGAL_COLUMN
    47, // UNKNOWN_IDENTIFIER
    48, // NOT_IMPLEMENTED
    62, // SYNTAX_ERROR
    73, // UNKNOWN_FORMAT
    192, // UNKNOWN_USER
    193, // WRONG_PASSWORD
    194, // REQUIRED_PASSWORD
    195, // IP_ADDRESS_NOT_ALLOWED
    291, // DATABASE_ACCESS_DENIED
    392, // QUERY_IS_PROHIBITED
    452, // SETTING_CONSTRAINT_VIOLATION
    497, // ACCESS_DENIED
    516, // AUTHENTICATION_FAILED
  ]),
  ...each('missing_table', [
    60, // UNKNOWN_TABLE
    81, // UNKNOWN_DATABASE
  ]),
  ...each('unknown_setting', [
    115, // UNKNOWN_SETTING
  ]),
  ...each('rejected', [
    6, // CANNOT_PARSE_TEXT
    25, // CANNOT_PARSE_ESCAPE_SEQUENCE
    26, // CANNOT_PARSE_QUOTED_STRING
    27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    38, // CANNOT_PARSE_DATE
    41, // CANNOT_PARSE_DATETIME
    43, // ILLEGAL_TYPE_OF_ARGUMENT
    53, // TYPE_MISMATCH
    69, // ARGUMENT_OUT_OF_BOUND
    70, // CANNOT_CONVERT_TYPE
    72, // CANNOT_PARSE_NUMBER
    117, // INCORRECT_DATA
    128, // TOO_LARGE_ARRAY_SIZE
    130, // CANNOT_READ_ARRAY_FROM_TEXT
    135, // ZERO_ARRAY_OR_TUPLE_INDEX
    190, // SIZES_OF_ARRAYS_DONT_MATCH
    306, // TOO_DEEP_RECURSION
    321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    376, // CANNOT_PARSE_UUID
    395, // FUNCTION_THROW_IF_VALUE_IS_NON_ZERO
    407, // DECIMAL_OVERFLOW
    441, // CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING
    467, // CANNOT_PARSE_BOOL
    469, // VIOLATED_CONSTRAINT
    675, // CANNOT_PARSE_IPV4
    676, // CANNOT_PARSE_IPV6
    691, // UNKNOWN_ELEMENT_OF_ENUM
  ]),
  ...each('too_large', [
    131, // TOO_LARGE_STRING_SIZE
    158, // TOO_MANY_ROWS
    307, // TOO_MANY_BYTES
  ]),
])

// What a proxy says to a URL or a header that it finds too long.
const TOO_LONG = new Set([414, 431])

// What a server or table may say to rows in a form, or to a statement, that it does not know.
const OF_THE_FORM = new Set([
  7, // INCORRECT_NUMBER_OF_COLUMNS
  10, // NOT_FOUND_COLUMN_IN_BLOCK
  16, // NO_SUCH_COLUMN_IN_TABLE
  18, // CANNOT_INSERT_ELEMENT_INTO_CONSTANT_COLUMN
  20, // NUMBER_OF_COLUMNS_DOESNT_MATCH
  36, // BAD_ARGUMENTS
  43, // ILLEGAL_TYPE_OF_ARGUMENT
  44, // ILLEGAL_COLUMN
  46, // UNKNOWN_FUNCTION
  47, // UNKNOWN_IDENTIFIER
  48, // NOT_IMPLEMENTED
  50, // UNKNOWN_TYPE
  53, // TYPE_MISMATCH
  62, // SYNTAX_ERROR
  70, // CANNOT_CONVERT_TYPE
  73, // UNKNOWN_FORMAT
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  386, // NO_COMMON_TYPE
  392, // QUERY_IS_PROHIBITED
  497, // ACCESS_DENIED
])

const CREDENTIALS = 'Check `username` and `password`.'
const COLUMNS = 'Compare the table with the statements of ddl(), and add what it lacks.'
const FIX_BY_CODE = new Map([
  [16, COLUMNS],
  [20, COLUMNS],
  [47, COLUMNS],
  [60, "Create the table (ddl() has the statements), or set `manageSchema: 'create'`."],
  [81, "Create the database, or set `manageSchema: 'create'`."],
  [115, 'Remove that setting from `settings`.'],
  [
    164,
    'The user is read-only: set `readonly` to 0 in its profile (ALTER USER … SETTINGS readonly = 0).',
  ],
  [192, CREDENTIALS],
  [193, CREDENTIALS],
  [194, CREDENTIALS],
  [195, 'Allow this host for the user on the server.'],
  [
    252,
    'Inserts come faster than the server merges: raise `batch.maxDelayMs` and `batch.maxRows`.',
  ],
  [452, 'The server forbids one of the settings that are sent.'],
  [497, 'Grant the user INSERT on the table, and CREATE if it is to be created.'],
  [516, CREDENTIALS],
])
const FIX_BY_STATUS = new Map([
  [401, CREDENTIALS],
  [403, CREDENTIALS],
  [404, 'No ClickHouse answers at this `endpoint`.'],
])
const FIX_BY_ERRNO = new Map([
  ['ECONNREFUSED', 'Is ClickHouse running there, and is this its HTTP port (8123)?'],
  ['ENOTFOUND', 'Check the host name in `endpoint`.'],
  ['CERT_HAS_EXPIRED', 'Renew the certificate of the server.'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'Give its authority as `tls.ca`.'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'Give its authority as `tls.ca`.'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'Give its authority as `tls.ca`.'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'Give the name in its certificate as `tls.servername`.'],
])

function errnoOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

/** Reads an exchange as an outcome: the only place that knows statuses and exception codes. */
export function classify(exchange: Exchange, now: () => number = clock.unixMs): Outcome {
  if ('error' in exchange) {
    const { error, bodyStarted, timedOut } = exchange
    const why = bodyStarted ? 'ambiguous' : 'transient'
    return { status: 'retry', why, error, timedOut, fix: FIX_BY_ERRNO.get(errnoOf(error)) }
  }
  const { reply } = exchange
  const code = exceptionCode(reply)
  if (code === 0 && isSuccess(reply.status)) {
    if (reply.complete) return delivered(reply, exchange.replayed)
    return { status: 'retry', why: 'ambiguous', error: errorOf(reply, 0, 'ambiguous') }
  }
  const kind = code === 0 ? classOfStatus(reply.status) : classOfCode(code, reply)
  const error = errorOf(reply, code, kind)
  const fix =
    grantFix(code, reply.body) ??
    FIX_BY_CODE.get(code) ??
    (code === 0 ? FIX_BY_STATUS.get(reply.status) : undefined)
  const refusesForm = code === 0 ? TOO_LONG.has(reply.status) : OF_THE_FORM.has(code)
  switch (kind) {
    case 'missing_table':
      return { status: kind, error, fix }
    case 'rejected':
    case 'too_large':
      return { status: kind, error, refusesForm, ...rowHint(code, reply.body) }
    case 'unknown_setting': {
      const setting = /[Ss]etting ['`"]?([A-Za-z0-9_]+)/.exec(reply.body)?.[1]
      return setting
        ? { status: 'unknown_setting', error, fix, setting }
        : { status: 'retry', why: 'misconfigured', error, fix }
    }
    default:
      return {
        status: 'retry',
        why: kind,
        error,
        fix,
        unlisted: code !== 0 && !BY_CODE.has(code), // a proxy's 502 says nothing of the rows
        refusesForm,
        ...retryAfter(reply, now),
      }
  }
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

// Newer servers say it in a header; servers before about 21, and a stream that failed after its
// headers were out, say it in the body only.
function exceptionCode({ status, headers, body }: Reply): number {
  const header = Number(headers['x-clickhouse-exception-code'])
  if (header > 0) return header
  const said = /\bCode: (\d{1,5})(?:\. [\w:]*Exception\b|, (?:e\.|type:))/.exec(body)?.[1]
  if (said !== undefined) return Number(said)
  const failed = isSuccess(status) && /__exception__|DB::Exception/.test(body)
  return failed ? 1002 : 0
}

function classOfCode(code: number, { status, body }: Reply): Class {
  // The base rows are in the table by then: neither split nor given up, but sent again with the same token.
  if (failedInView(body)) return 'ambiguous'
  if (code === 252 && /partitions for single INSERT/i.test(body)) return 'too_large'
  if ((code === 62 || code === 1000) && /too long|max_query_size/i.test(body)) return 'too_large'
  return BY_CODE.get(code) ?? (status >= 500 || isSuccess(status) ? 'ambiguous' : 'misconfigured')
}

// It stands at the end. A row that holds these words is quoted: its quotation mark comes after them.
function failedInView(body: string): boolean {
  const at = body.toLowerCase().lastIndexOf('while pushing to view')
  return at >= 0 && !/['"]/.test(body.slice(at))
}

function classOfStatus(status: number): Class {
  if (status === 413) return 'too_large'
  if (status === 429 || status === 503) return 'overloaded'
  if (status === 408 || status === 425 || status >= 500) return 'ambiguous'
  return 'misconfigured' // a redirect, another 4xx: something that is no ClickHouse answers there
}

const MAY_QUOTE_ROWS = new Set([3, 33, 1001, 1002])
const MAY_QUOTE_ARGUMENTS = new Set([36, 62])

// Parse errors quote the row they met, which is the application's data: of those only the exception's
// name is kept. The others name tables, columns and settings, which the operator needs.
function errorOf({ status, body }: Reply, code: number, kind: Class): ClickHouseError {
  const quotesRows =
    kind === 'rejected' ||
    MAY_QUOTE_ROWS.has(code) ||
    (code !== 0 && !BY_CODE.has(code)) ||
    (code !== ACCESS_DENIED && failedInView(body))
  const name = /\(([A-Z][A-Z0-9_]{3,60})\)\s*(?:\(version [^\n]*)?\s*$/.exec(body)?.[1]
  const text = quotesRows ? (name ?? 'the data was refused') : oneLine(messageOf(body, code))
  const where = code > 0 ? `ClickHouse error ${code}` : `HTTP status ${status}`
  return new ClickHouseError(status, code, text ? `${where}: ${text}` : where)
}

function messageOf(body: string, code: number): string {
  const message = body
    .replace(/^Code: \d+[.,] (?:e\.displayText\(\) = )?(?:DB::Exception: )?/, '')
    .replace(/\(version .*$/s, '')
    .replace(/, e\.what\(\) = .*$/s, '')
  return MAY_QUOTE_ARGUMENTS.has(code) ? message.replace(/[('"{].*$/s, '') : message
}

const VIOLATED_CONSTRAINT = 469

// A parser says it after it has quoted the row, a constraint before: what a row says of itself is not believed.
function rowHint(code: number, body: string): { row?: number } {
  const row =
    code === VIOLATED_CONSTRAINT
      ? / is violated at row ([1-9]\d{0,8})\. Expression: /.exec(body)?.[1]
      : [...body.matchAll(/\(at row ([1-9]\d{0,8})\)/g)].at(-1)?.[1]
  return row === undefined ? {} : { row: Number(row) - 1 }
}

function delivered(reply: Reply, replayed = false): Outcome {
  return { status: 'delivered', ...(replayed && { replayed }), ...writtenRows(reply) }
}

/** What the server says that it has written: on ClickHouse 26.7 never less than it stored, on any engine and of a repeated token too. */
function writtenRows({ headers }: Reply): { writtenRows?: number } {
  const summary = headers['x-clickhouse-summary']
  const written = /"written_rows":\s*"?(\d+)/.exec(String(summary))?.[1]
  // Older servers may say 0 of whatever they wrote; those that tell the time as well do count.
  const counts = Number(written) > 0 || String(summary).includes('"elapsed_ns"')
  return written !== undefined && counts ? { writtenRows: Number(written) } : {}
}

const ACCESS_DENIED = 497
const GRANT =
  /(\S+): Not enough privileges\..* the grant (.+? ON (?:(?:`(?:[^`\\]|\\.)*`|[\w*]+)\.?){1,2})/

/** The statement that gives the right which the server misses. */
function grantFix(code: number, body: string): string | undefined {
  const [, user, grant] = (code === ACCESS_DENIED && GRANT.exec(body)) || []
  return grant && `Grant the right: GRANT ${grant.replace(/\.$/, '')} TO ${user}.`
}

const MAX_RETRY_AFTER_MS = 60_000

// RFC 9110 10.2.3 and 5.6.7: seconds or one of three dates. What is neither is ignored; Date.parse alone takes 'error 2099'.
const HTTP_DATE =
  /^\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$|^\w{6,9}, \d\d-\w{3}-\d\d [\d:]{8} GMT$|^\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}$/

function retryAfter({ headers }: Reply, now: () => number): { retryAfterMs?: number } {
  const text = headers['retry-after']?.trim()
  if (text === undefined) return {}
  const ms = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : httpDate(text) - now()
  return ms > 0 ? { retryAfterMs: Math.min(ms, MAX_RETRY_AFTER_MS) } : {}
}

function httpDate(text: string): number {
  if (!HTTP_DATE.test(text)) return Number.NaN
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`)
}

function each(kind: Class, codes: readonly number[]): [number, Class][] {
  return codes.map((code) => [code, kind])
}
