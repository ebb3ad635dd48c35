// What rows of a table of dead letters are that are no refused rows.

/** The reason in `data_before` of a row that is older than another one with its ids: it was taken once, and is not sent again. */
export const CONFLICT = 'conflict'

/** The name, instead of that of a table, of a row that names letters which are being sent. */
export const MARK = 'spanhouse.replay'
