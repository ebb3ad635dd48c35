/** The reason in `data_before` of a row that is older than another one with its ids: it was taken once, and is not sent again. */
export const CONFLICT = 'conflict'
