import { type Check, duration, ok, problem, skipped, warning } from '../check.js'
import type { Facts } from '../facts.js'
import type { Refusal } from '../statement.js'

const AUTHENTICATION = new Set([192, 193, 194, 516])

export const credentials: Check<Facts> = {
  id: 'credentials',
  title: 'credentials',
  needs: ['http'],
  async run({ server, destination }) {
    const { rows, refused } = await server.rows('SELECT currentUser() AS user')
    if (rows) {
      const [row] = rows
      return row?.['user'] === undefined
        ? [
            problem(
              'the answer is not that of ClickHouse',
              'Check `endpoint`: something else answers there.',
            ),
          ]
        : [ok(`ClickHouse accepts the user ${String(row['user'])}`)]
    }
    if (isAuthentication(refused))
      return [
        problem(
          `ClickHouse does not accept the user ${destination.username}${destination.password === '' ? ' without a password' : ' with this password'}`,
          refused.fix ?? 'Check `username` and `password`.',
        ),
      ]
    return [problem(refused.text, refused.fix)]
  },
}

function isAuthentication({ code, status }: Refusal): boolean {
  return AUTHENTICATION.has(code) || (code === 0 && status === 401)
}

/** The first version that knows deduplication tokens (docs/guarantees.md). */
const OLDEST = [22, 2] as const

export const version: Check<Facts> = {
  id: 'version',
  title: 'version',
  needs: ['credentials'],
  async run({ server }) {
    const { rows, refused } = await server.rows('SELECT version() AS version')
    if (!rows) return [skipped(refused.text, refused.fix)]
    const text = String(rows[0]?.['version'] ?? '')
    const [major = 0, minor = 0] = text.split('.').map(Number)
    const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
    return [
      isOld
        ? warning(
            `ClickHouse ${text} is older than ${OLDEST.join('.')}: it does not know deduplication tokens, so a retry may store rows twice`,
            'Update the server.',
          )
        : ok(`ClickHouse ${text}`),
    ]
  },
}

const SKEW_MS = 2000

/** TTLs, partitions and the newest traces go by the application's clock. */
export const clock: Check<Facts> = {
  id: 'clock',
  title: 'clock',
  needs: ['credentials'],
  async run({ server }) {
    const before = Date.now()
    const { rows, refused, elapsedMs } = await server.rows(
      'SELECT toUnixTimestamp64Milli(now64(3)) AS now',
    )
    if (!rows) return [skipped(refused.text, refused.fix)]
    const offBy = Number(rows[0]?.['now']) - (before + elapsedMs / 2)
    const uncertain = elapsedMs / 2
    if (!Number.isFinite(offBy)) return [skipped('the server does not tell its time')]
    if (Math.abs(offBy) <= SKEW_MS + uncertain)
      return [ok(`differs from ours by less than ${duration(SKEW_MS + uncertain)}`)]
    const direction = offBy > 0 ? 'behind' : 'ahead of'
    return [
      warning(
        `our clock is ${duration(Math.abs(offBy))} ${direction} the server's, so spans have the wrong time`,
        'Synchronise both clocks (NTP).',
      ),
    ]
  },
}
