/** Why rows were dropped. */
export type DropReason =
  | 'queue_full'
  | 'rejected'
  | 'dead_lettered'
  | 'retries_exhausted'
  | 'too_large'
  | 'encode_error'
  | 'spool_full'
  | 'spool_corrupt'
  | 'unconfirmed'
  | 'internal_error'
  | 'shutdown'
  /** The destination gets nothing, because a variable that says what must not be sent there cannot be read. */
  | 'misconfigured'
  /** An option of routing leaves them out. */
  | 'filtered'
