import { type Check, count, ok, skipped, warning } from '../check.js'
import type { Facts } from '../facts.js'
import { ACCESS_DENIED, UNKNOWN_TABLE } from '../statement.js'

/** INSERTs of this user that the server refused within the last hour. Messages are left out: they may quote rows. */
export const insertErrors: Check<Facts> = {
  id: 'insert-errors',
  title: 'recent errors',
  needs: ['credentials'],
  async run({ server }) {
    const { rows, refused } = await server.rows(
      "SELECT exception_code AS code, errorCodeToName(exception_code) AS name, count() AS times, max(event_time) AS last FROM system.query_log WHERE event_date >= toDate(now() - 3600) AND event_time > now() - 3600 AND type IN ('ExceptionBeforeStart', 'ExceptionWhileProcessing') AND query_kind = 'Insert' AND user = currentUser() GROUP BY code ORDER BY times DESC LIMIT 5",
    )
    if (!rows) {
      if (refused.code === UNKNOWN_TABLE) return [skipped('the server keeps no system.query_log')]
      return [
        refused.code === ACCESS_DENIED
          ? skipped('this user may not read system.query_log')
          : skipped(`system.query_log cannot be read: ${refused.text}`, refused.fix),
      ]
    }
    if (rows.length === 0) return [ok('no INSERT of this user was refused within the last hour')]
    return rows.map((row) =>
      warning(
        `${count(Number(row['times']), 'INSERT')} refused within the last hour: ${String(row['code'])} ${String(row['name'])}, last at ${String(row['last'])}`,
        'Look into system.query_log for the message.',
      ),
    )
  },
}
