// Longer than other files because it is one table: everything that the exporter knows about a code is in the row of that code.

/** What a ClickHouse exception means for the rows of an INSERT. */
export type Class =
  | 'transient' // nothing was written: send the same again later
  | 'overloaded' // nothing was written: send the same again later, and more slowly
  | 'ambiguous' // the rows may have been written: send only the same bytes with the same token
  | 'misconfigured' // somebody has to change something: keep the rows
  | 'missing_table' // misconfigured, unless we may create the table
  | 'unknown_setting' // misconfigured, unless it is a setting of ours that an old server does not know
  | 'forbidden_setting' // misconfigured, unless it is a setting of ours that can be left out
  | 'rejected' // the server will never take a row in this batch
  | 'too_large' // too many bytes or partitions in one INSERT

/** What an exception means. */
export interface Meaning {
  readonly class: Class
  /** What the operator can do about it, as a sentence. */
  readonly fix?: string | undefined
  /** Nothing was written, and the cause may be the compact form of the rows or of the statement: the server may take whole rows. */
  readonly mayBeForm?: true
  /** This batch alone is too much. The server may take a smaller one. */
  readonly ofBatch?: true
  /** It concerns every table: who may use the server, or how much it can take. */
  readonly ofServer?: true
  /** Another INSERT into the table must end first. */
  readonly excluded?: true
  /** This replica cannot reach Keeper. Another replica of the table may take the rows. */
  readonly ofReplica?: true
}

export interface Exception extends Meaning {
  readonly code: number
  readonly name: string
  /**
   * What the message may quote. `rows`: data of the application, so only the exception's name is shown. `statement`: text of the
   * INSERT, which contains values that the rows have in common, so the message is cut before it.
   */
  readonly quotes?: 'rows' | 'statement'
  /** If the reply contains this text, the code means something else. */
  readonly variant?: Meaning & { readonly text: RegExp }
}

// Codes whose replies are read in other files.
export const CANNOT_PARSE_INPUT_ASSERTION_FAILED = 27
export const SYNTAX_ERROR = 62
export const UNKNOWN_TABLE = 60
export const UNKNOWN_DATABASE = 81
export const TOO_LARGE_STRING_SIZE = 131 // for a FixedString
export const VIOLATED_CONSTRAINT = 469
export const ACCESS_DENIED = 497

export const COLUMNS = 'Compare the table with the statements of ddl(), and add what it lacks.'
export const CREDENTIALS = 'Check `username` and `password`.'
const COMPRESSION =
  "A proxy changes compressed bodies: set `compression.codec: 'none'`, or configure the proxy to pass them on unchanged."
export const ENCODING_REMOVED =
  "A proxy removes the header Content-Encoding: set `compression.codec: 'none'`, or configure the proxy to pass that header on."

// Whole rows help: their statement is short. Halving the batch does not, because each half has the same statement.
const STATEMENT_TOO_LONG = {
  text: /too long|max_query_size/i,
  class: 'misconfigured',
  mayBeForm: true,
  fix: 'Raise `max_query_size`, and `http_max_field_value_size`, for this user on the server.',
} as const

const ONE_AT_A_TIME = {
  excluded: true,
  fix: 'Before ClickHouse 20.10, and with `insert_quorum_parallel = 0`, a table takes one INSERT with a quorum at a time.',
} as const

// By ClickHouse's code, because the HTTP status says little: 202, 241, 242, 252, 306, 319, 407 and 999 all come with status 500
// (src/Server/HTTP/exceptionCodeToHTTPStatus.cpp). Names are those of src/Common/ErrorCodes.cpp.
const EXCEPTIONS: readonly Exception[] = [
  { code: 3, name: 'UNEXPECTED_END_OF_FILE', class: 'ambiguous', quotes: 'rows' },
  { code: 6, name: 'CANNOT_PARSE_TEXT', class: 'rejected' },
  { code: 7, name: 'INCORRECT_NUMBER_OF_COLUMNS', class: 'misconfigured', mayBeForm: true },
  { code: 10, name: 'NOT_FOUND_COLUMN_IN_BLOCK', class: 'misconfigured', mayBeForm: true },
  {
    code: 16,
    name: 'NO_SUCH_COLUMN_IN_TABLE',
    class: 'misconfigured',
    mayBeForm: true,
    fix: COLUMNS,
  },
  {
    code: 18,
    name: 'CANNOT_INSERT_ELEMENT_INTO_CONSTANT_COLUMN',
    class: 'misconfigured',
    mayBeForm: true,
  },
  {
    code: 20,
    name: 'NUMBER_OF_COLUMNS_DOESNT_MATCH',
    class: 'misconfigured',
    mayBeForm: true,
    fix: COLUMNS,
  },
  { code: 25, name: 'CANNOT_PARSE_ESCAPE_SEQUENCE', class: 'rejected' },
  { code: 26, name: 'CANNOT_PARSE_QUOTED_STRING', class: 'rejected' },
  {
    code: CANNOT_PARSE_INPUT_ASSERTION_FAILED,
    name: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED',
    class: 'rejected',
  },
  { code: 33, name: 'CANNOT_READ_ALL_DATA', class: 'ambiguous', quotes: 'rows' },
  {
    code: 36,
    name: 'BAD_ARGUMENTS',
    class: 'misconfigured',
    mayBeForm: true,
    quotes: 'statement',
    // Servers before 19 answer with this code if a table has a setting that they do not know.
    variant: { text: /Unknown setting \w+ for storage/, class: 'unknown_setting' },
  },
  { code: 38, name: 'CANNOT_PARSE_DATE', class: 'rejected' },
  { code: 41, name: 'CANNOT_PARSE_DATETIME', class: 'rejected' },
  { code: 43, name: 'ILLEGAL_TYPE_OF_ARGUMENT', class: 'rejected', mayBeForm: true },
  { code: 44, name: 'ILLEGAL_COLUMN', class: 'misconfigured', mayBeForm: true },
  {
    code: 46,
    name: 'UNKNOWN_FUNCTION',
    class: 'misconfigured',
    mayBeForm: true,
    quotes: 'statement',
  },
  {
    code: 47,
    name: 'UNKNOWN_IDENTIFIER',
    class: 'misconfigured',
    mayBeForm: true,
    fix: COLUMNS,
  },
  {
    code: 48,
    name: 'NOT_IMPLEMENTED',
    class: 'misconfigured',
    mayBeForm: true,
    variant: {
      text: /compression method/i,
      class: 'misconfigured',
      mayBeForm: true,
      fix: ENCODING_REMOVED,
    },
  },
  { code: 50, name: 'UNKNOWN_TYPE', class: 'misconfigured', mayBeForm: true, quotes: 'statement' },
  { code: 53, name: 'TYPE_MISMATCH', class: 'rejected', mayBeForm: true },
  {
    code: UNKNOWN_TABLE,
    name: 'UNKNOWN_TABLE',
    class: 'missing_table',
    fix: "Create the table (ddl() has the statements), or set `manageSchema: 'create'`.",
  },
  {
    code: SYNTAX_ERROR,
    name: 'SYNTAX_ERROR',
    class: 'misconfigured',
    mayBeForm: true,
    quotes: 'statement',
    variant: STATEMENT_TOO_LONG,
  },
  { code: 69, name: 'ARGUMENT_OUT_OF_BOUND', class: 'rejected' },
  { code: 70, name: 'CANNOT_CONVERT_TYPE', class: 'rejected', mayBeForm: true },
  { code: 72, name: 'CANNOT_PARSE_NUMBER', class: 'rejected' },
  { code: 73, name: 'UNKNOWN_FORMAT', class: 'misconfigured', mayBeForm: true },
  {
    code: UNKNOWN_DATABASE,
    name: 'UNKNOWN_DATABASE',
    class: 'missing_table',
    fix: "Create the database, or set `manageSchema: 'create'`.",
  },
  { code: 107, name: 'FILE_DOESNT_EXIST', class: 'transient' },
  {
    code: 115,
    name: 'UNKNOWN_SETTING',
    class: 'unknown_setting',
    fix: 'Correct or remove it in `settings`, or in the query of `endpoint`.',
  },
  { code: 117, name: 'INCORRECT_DATA', class: 'rejected' },
  { code: 128, name: 'TOO_LARGE_ARRAY_SIZE', class: 'rejected' },
  { code: 130, name: 'CANNOT_READ_ARRAY_FROM_TEXT', class: 'rejected' },
  { code: TOO_LARGE_STRING_SIZE, name: 'TOO_LARGE_STRING_SIZE', class: 'too_large' },
  { code: 135, name: 'ZERO_ARRAY_OR_TUPLE_INDEX', class: 'rejected' },
  { code: 158, name: 'TOO_MANY_ROWS', class: 'too_large' },
  { code: 159, name: 'TIMEOUT_EXCEEDED', class: 'ambiguous' },
  {
    code: 161,
    name: 'TOO_MANY_COLUMNS',
    class: 'misconfigured',
    mayBeForm: true,
    fix: 'Raise `max_columns_to_read` for this user on the server.',
  },
  { code: 162, name: 'TOO_DEEP_SUBQUERIES', class: 'misconfigured', mayBeForm: true },
  {
    code: 164,
    name: 'READONLY',
    class: 'transient',
    fix: 'The user is read-only: set `readonly` to 0 in its profile (ALTER USER … SETTINGS readonly = 0).',
  },
  {
    code: 165,
    name: 'TOO_MANY_TEMPORARY_COLUMNS',
    class: 'misconfigured',
    mayBeForm: true,
    quotes: 'rows', // it lists constants with their values
    fix: 'Raise `max_temporary_columns` for this user on the server.',
  },
  {
    code: 166,
    name: 'TOO_MANY_TEMPORARY_NON_CONST_COLUMNS',
    class: 'misconfigured',
    mayBeForm: true,
    quotes: 'rows',
    fix: 'Raise `max_temporary_non_const_columns` for this user on the server.',
  },
  {
    code: 167,
    name: 'TOO_DEEP_AST',
    class: 'misconfigured',
    mayBeForm: true,
    fix: 'Raise `max_ast_depth` for this user on the server.',
  },
  {
    code: 168,
    name: 'TOO_BIG_AST',
    class: 'misconfigured',
    mayBeForm: true,
    fix: 'Raise `max_ast_elements` and `max_expanded_ast_elements` for this user on the server.',
  },
  { code: 190, name: 'SIZES_OF_ARRAYS_DONT_MATCH', class: 'rejected' },
  { code: 192, name: 'UNKNOWN_USER', class: 'misconfigured', fix: CREDENTIALS, ofServer: true },
  { code: 193, name: 'WRONG_PASSWORD', class: 'misconfigured', fix: CREDENTIALS, ofServer: true },
  {
    code: 194,
    name: 'REQUIRED_PASSWORD',
    class: 'misconfigured',
    fix: CREDENTIALS,
    ofServer: true,
  },
  {
    code: 195,
    name: 'IP_ADDRESS_NOT_ALLOWED',
    class: 'misconfigured',
    ofServer: true,
    fix: 'Allow this host for the user on the server.',
  },
  { code: 198, name: 'DNS_ERROR', class: 'transient' },
  { code: 201, name: 'QUOTA_EXCEEDED', class: 'overloaded', ofServer: true },
  { code: 202, name: 'TOO_MANY_SIMULTANEOUS_QUERIES', class: 'overloaded', ofServer: true },
  { code: 203, name: 'NO_FREE_CONNECTION', class: 'overloaded', ofServer: true },
  { code: 209, name: 'SOCKET_TIMEOUT', class: 'ambiguous' },
  { code: 210, name: 'NETWORK_ERROR', class: 'ambiguous' },
  { code: 216, name: 'QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING', class: 'ambiguous' },
  { code: 225, name: 'NO_ZOOKEEPER', class: 'transient' },
  { code: 236, name: 'ABORTED', class: 'transient' },
  {
    code: 241,
    name: 'MEMORY_LIMIT_EXCEEDED',
    class: 'overloaded',
    ofServer: true,
    // The wording since 25.x, and the one before. Limits of a user or of the whole server have others: a smaller batch does not help there.
    variant: {
      text: /Query memory limit exceeded|Memory limit \(for query\) exceeded/i,
      class: 'overloaded',
      ofBatch: true,
      fix: 'If this continues, the batch is divided: lower `batch.maxRows`, or raise `max_memory_usage` for this user.',
    },
  },
  { code: 242, name: 'TABLE_IS_READ_ONLY', class: 'transient' },
  { code: 243, name: 'NOT_ENOUGH_SPACE', class: 'transient', ofServer: true },
  { code: 244, name: 'UNEXPECTED_ZOOKEEPER_ERROR', class: 'transient' },
  { code: 246, name: 'CORRUPTED_DATA', class: 'transient' }, // the body was damaged on the way
  {
    code: 252,
    name: 'TOO_MANY_PARTS',
    class: 'overloaded',
    fix: 'Inserts come faster than the server merges: raise `batch.maxDelayMs` and `batch.maxRows`.',
    variant: { text: /partitions for single INSERT/i, class: 'too_large' },
  },
  { code: 254, name: 'NO_ACTIVE_REPLICAS', class: 'transient' },
  { code: 265, name: 'NO_AVAILABLE_REPLICA', class: 'transient' },
  { code: 271, name: 'CANNOT_DECOMPRESS', class: 'transient', fix: COMPRESSION },
  { code: 279, name: 'ALL_CONNECTION_TRIES_FAILED', class: 'transient' },
  { code: 285, name: 'TOO_FEW_LIVE_REPLICAS', class: 'transient' },
  {
    code: 286,
    name: 'UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE',
    // "Another quorum insert has been already started" is said of one part: the parts of other partitions may be stored.
    class: 'ambiguous',
    ...ONE_AT_A_TIME,
    // This is said before the first part.
    variant: { text: /has not been satisfied yet/, class: 'transient', ...ONE_AT_A_TIME },
  },
  { code: 289, name: 'REPLICA_IS_NOT_IN_QUORUM', class: 'transient' },
  { code: 290, name: 'LIMIT_EXCEEDED', class: 'overloaded' },
  { code: 291, name: 'DATABASE_ACCESS_DENIED', class: 'misconfigured' },
  { code: 297, name: 'SHARD_HAS_NO_CONNECTIONS', class: 'transient' },
  {
    code: 306,
    name: 'TOO_DEEP_RECURSION', // in a row; the variant is for the statement
    class: 'rejected',
    mayBeForm: true,
    variant: {
      text: /Maximum parse depth/,
      class: 'misconfigured',
      mayBeForm: true,
      fix: 'Raise `max_parser_depth` for this user on the server.',
    },
  },
  { code: 307, name: 'TOO_MANY_BYTES', class: 'too_large' },
  {
    code: 319,
    name: 'UNKNOWN_STATUS_OF_INSERT',
    class: 'ambiguous',
    ofReplica: true,
    // This replica has the rows, and others have not fetched them in time: they would do no better.
    variant: { text: /quorum/i, class: 'ambiguous' },
  },
  { code: 321, name: 'VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE', class: 'rejected' },
  {
    code: 349,
    name: 'CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN',
    class: 'rejected',
    mayBeForm: true,
  },
  { code: 354, name: 'ZLIB_INFLATE_FAILED', class: 'transient', fix: COMPRESSION },
  { code: 364, name: 'RECEIVED_ERROR_TOO_MANY_REQUESTS', class: 'overloaded', ofServer: true },
  { code: 376, name: 'CANNOT_PARSE_UUID', class: 'rejected' },
  { code: 384, name: 'PART_IS_TEMPORARILY_LOCKED', class: 'transient' },
  {
    code: 386,
    name: 'NO_COMMON_TYPE',
    class: 'misconfigured',
    mayBeForm: true,
    quotes: 'statement',
  },
  { code: 392, name: 'QUERY_IS_PROHIBITED', class: 'misconfigured', mayBeForm: true },
  { code: 394, name: 'QUERY_WAS_CANCELLED', class: 'ambiguous' },
  { code: 395, name: 'FUNCTION_THROW_IF_VALUE_IS_NON_ZERO', class: 'rejected' },
  { code: 407, name: 'DECIMAL_OVERFLOW', class: 'rejected' },
  { code: 425, name: 'SYSTEM_ERROR', class: 'ambiguous' },
  { code: 439, name: 'CANNOT_SCHEDULE_TASK', class: 'overloaded', ofServer: true },
  { code: 441, name: 'CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING', class: 'rejected' },
  { code: 448, name: 'BROTLI_READ_FAILED', class: 'transient', fix: COMPRESSION },
  {
    code: 452,
    name: 'SETTING_CONSTRAINT_VIOLATION',
    class: 'forbidden_setting',
    fix: 'The server forbids one of the settings that are sent.',
  },
  { code: 467, name: 'CANNOT_PARSE_BOOL', class: 'rejected' },
  { code: VIOLATED_CONSTRAINT, name: 'VIOLATED_CONSTRAINT', class: 'rejected' },
  {
    code: ACCESS_DENIED,
    name: 'ACCESS_DENIED',
    class: 'misconfigured',
    mayBeForm: true,
    fix: 'Grant the user INSERT on the table, and CREATE if it is to be created.',
  },
  {
    code: 516,
    name: 'AUTHENTICATION_FAILED',
    class: 'misconfigured',
    fix: CREDENTIALS,
    ofServer: true,
  },
  { code: 574, name: 'DISTRIBUTED_TOO_MANY_PENDING_BYTES', class: 'overloaded' },
  { code: 675, name: 'CANNOT_PARSE_IPV4', class: 'rejected' },
  { code: 676, name: 'CANNOT_PARSE_IPV6', class: 'rejected' },
  { code: 691, name: 'UNKNOWN_ELEMENT_OF_ENUM', class: 'rejected' },
  {
    code: 718,
    name: 'TOO_SLOW_PARSING',
    class: 'misconfigured',
    mayBeForm: true,
    fix: 'Raise `max_parser_backtracks` for this user on the server.',
  },
  { code: 722, name: 'ASYNC_LOAD_WAIT_FAILED', class: 'transient' },
  { code: 733, name: 'TABLE_IS_BEING_RESTARTED', class: 'transient' },
  { code: 735, name: 'QUERY_WAS_CANCELLED_BY_CLIENT', class: 'ambiguous' },
  { code: 745, name: 'SERVER_OVERLOADED', class: 'overloaded', ofServer: true },
  // Whatever the message: it is about one part, and the parts of other partitions may be stored. "Session expired" says that Keeper did not get
  // the last request, and "Connection loss" and "Operation timeout" not even that.
  { code: 999, name: 'KEEPER_EXCEPTION', class: 'ambiguous', ofReplica: true },
  { code: 1000, name: 'POCO_EXCEPTION', class: 'ambiguous', variant: STATEMENT_TOO_LONG },
  { code: 1001, name: 'STD_EXCEPTION', class: 'ambiguous', quotes: 'rows' },
  { code: 1002, name: 'UNKNOWN_EXCEPTION', class: 'ambiguous', quotes: 'rows' },
]

const BY_CODE = new Map(EXCEPTIONS.map((exception) => [exception.code, exception]))

/** Undefined for an unknown code. */
export function exceptionOf(code: number): Exception | undefined {
  return BY_CODE.get(code)
}

/** What an exception means in a reply with this text. */
export function meaningOf({ variant, ...exception }: Exception, body: string): Meaning {
  return variant?.text.test(body) ? variant : exception
}
