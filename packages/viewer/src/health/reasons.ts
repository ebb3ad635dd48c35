/** What each reason means, and what to do. The exporter's guarantees have the whole story. */
const REASONS: Readonly<Record<string, string>> = {
  queue_full:
    'More rows came than ClickHouse took, and the queue was full. Look at why inserts are slow or fail, or configure a spool.',
  rejected:
    'ClickHouse refused the rows for good, for example because of a constraint of the table. The log of the application has its sentence; deadLetter keeps such rows.',
  dead_lettered: 'ClickHouse refused the rows for good. They are in the dead letters.',
  retries_exhausted: 'Every attempt that retry allows has failed.',
  too_large: 'A row was larger than limits.rowBytes, or than the server takes.',
  encode_error: 'A span, log record or data point could not be written as a row.',
  spool_full:
    'The spool had no room left. Give it more, or look at why ClickHouse does not take rows.',
  spool_corrupt: 'A file of the spool was damaged (then it is kept in corrupt/ there), or deleted.',
  misconfigured:
    'A variable that says what must not be sent cannot be read, so the destination gets nothing. A warning at the start of the application names it.',
  unconfirmed: 'ClickHouse answered success, but wrote fewer rows than were sent.',
  shutdown: 'The process ended before the rows were delivered. A spool keeps them.',
  filtered:
    'Left out by an option of routing (filter, sample, skipIfOrigin or dispatch). That is no loss.',
  internal_error: 'A defect in the exporter. Please report it.',
}

export function meaningOf(reason: string): string {
  return REASONS[reason] ?? 'A reason that this version of the page does not know.'
}
