// A table of dead letters also has rows that are not refused rows. This is how they are recognised.

/** `reason` in `data_before` of a row that lost a conflict: a newer row with its ids is in the table. It is not sent again. */
export const CONFLICT = 'conflict'

/** `dlq_name` of a row by which a replay notes which letters it is sending. */
export const MARK = 'spanhouse.replay'
