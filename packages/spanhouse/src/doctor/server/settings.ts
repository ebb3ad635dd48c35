import { quoteText } from '@spanhouse/transform'
import { SETTINGS, type Setting } from '#exporter'
import { type Check, duration, type Found, ok, problem, skipped, warning } from '../check.js'
import type { Facts } from '../facts.js'
import type { Answer, Row, Server } from '../statement.js'

const TOKEN = 'insert_deduplication_token'
const MIN_QUERY_BYTES = 65_536
const ALSO = ['readonly', 'max_query_size']

/** What the user's profile sets, as far as it changes what an INSERT means. */
export const profile: Check<Facts> = {
  id: 'profile',
  title: 'profile',
  needs: ['credentials'],
  async run({ server, destination }) {
    const names = [...Object.keys(SETTINGS).filter((name) => name !== TOKEN), ...ALSO]
    const { rows, refused } = await settingsOf(server, names)
    if (!rows) return [skipped(refused.text, refused.fix)]
    const byName = new Map(rows.map((row) => [String(row['name']), row]))
    if (Number(byName.get('readonly')?.['value'] ?? 0) > 0)
      return [skipped('the user is read-only, so no setting can be changed')]
    const found: Found[] = querySizeIn(byName)
    const overridden: string[] = []
    for (const [name, setting] of Object.entries(SETTINGS)) {
      const row = byName.get(name)
      const value = destination.asyncInsert && name === 'async_insert' ? '1' : setting.value
      if (!row || String(row['value']) === value) continue
      if (isAllowed(row, value)) {
        if (name !== 'log_comment') overridden.push(name)
      } else found.push(...forbidden(name, { ...setting, value }, row, destination.asyncInsert))
    }
    if (found.length > 0) return found
    return [
      ok(
        overridden.length === 0
          ? 'has no setting that we must override'
          : `the exporter overrides ${overridden.join(', ')}`,
      ),
    ]
  },
}

/**
 * The settings as the profile has them. Nothing is sent with the question, because that would count as the profile's; and the answer is one
 * row, because the profile may limit rows. (`limit` and `offset` themselves are
 * always 0 there.) A profile that hides even that row is asked as the exporter asks.
 */
async function settingsOf(server: Server, names: readonly string[]): Promise<Answer> {
  const sql = `SELECT groupArray(map('name', name, 'value', value, 'min', toString(min), 'max', toString(max), 'readonly', toString(readonly))) AS settings FROM system.settings WHERE name IN (${names.map(quoteText).join(', ')})`
  const bare = await server.bareRows(sql)
  const answer = bare.rows?.length === 1 ? bare : await server.rows(sql)
  if (!answer.rows) return answer
  const settings = answer.rows[0]?.['settings']
  return { ...answer, rows: Array.isArray(settings) ? (settings as Row[]) : [] }
}

function isAllowed(row: Row, value: string): boolean {
  if (Number(row['readonly']) === 1) return false
  const [wanted, min, max] = [value, row['min'], row['max']].map((one) =>
    one === null || one === undefined || one === '' ? Number.NaN : Number(one),
  )
  return !(Number(wanted) < Number(min) || Number(wanted) > Number(max))
}

function forbidden(name: string, setting: Setting, row: Row, isAsync: boolean): Found[] {
  const { essential, enough, without, value } = setting
  if (enough !== undefined && Number(row['value']) >= enough) return []
  const matters = name === 'wait_for_async_insert' ? isAsync : true
  if (!matters) return []
  const text = `${name} is ${shown(String(row['value']))} and this user may not set it to ${shown(value)}`
  const fix = `Allow this user to set it, or change the profile.${essential ? '' : ` Otherwise: ${without}`}`
  return [
    essential
      ? problem(`${text}: rows are held back, because otherwise ${uncapitalised(without)}`, fix)
      : warning(text, fix),
  ]
}

function shown(value: string): string {
  return value === '' ? 'empty' : value.slice(0, 60)
}

function uncapitalised(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`
}

function querySizeIn(byName: ReadonlyMap<string, Row>): Found[] {
  const value = Number(byName.get('max_query_size')?.['value'] ?? Number.POSITIVE_INFINITY)
  if (value === 0 || value >= MIN_QUERY_BYTES) return []
  return [
    warning(
      `max_query_size is ${value} bytes, which may be too small for the statement of a batch`,
      `Raise it to at least ${MIN_QUERY_BYTES}; the default is 262144.`,
    ),
  ]
}

const QUOTA_EXCEEDED = 201
const MORE = 'Raise the quota, or send fewer and larger batches (`batch.maxDelayMs`).'
const FULL = 1
const NEARLY = 0.8

/** Quotas of this user, with what is used of them. */
export const quotas: Check<Facts> = {
  id: 'quotas',
  title: 'quotas',
  needs: ['credentials'],
  async run({ server }) {
    const { rows, refused } = await server.rows('SELECT * FROM system.quota_usage')
    if (!rows)
      return [
        refused.code === QUOTA_EXCEEDED
          ? problem(refused.text, refused.fix ?? MORE)
          : skipped(refused.text, refused.fix),
      ]
    const limits = rows.flatMap(limitsIn)
    if (limits.length === 0) return [ok('none')]
    const tight = limits.filter(({ share }) => share >= NEARLY)
    if (tight.length === 0) {
      const most = limits.reduce((a, b) => (b.share > a.share ? b : a))
      return [ok(`at most ${percent(most.share)} used (${most.name})`)]
    }
    return tight.map(({ name, used, max, share, intervalMs }) => {
      const text = `${name}: ${used} of ${max} used in this interval of ${duration(intervalMs)}`
      return share >= FULL ? problem(text, MORE) : warning(text, MORE)
    })
  },
}

interface Limit {
  readonly name: string
  readonly used: number
  readonly max: number
  readonly share: number
  readonly intervalMs: number
}

function limitsIn(row: Row): Limit[] {
  return Object.entries(row).flatMap(([column, value]) => {
    const name = /^max_(.+)$/.exec(column)?.[1]
    if (name === undefined || value === null) return []
    const [max, used] = [Number(value), Number(row[name] ?? 0)]
    if (!Number.isFinite(max)) return []
    const share = max === 0 ? Number.POSITIVE_INFINITY : used / max
    return [{ name, used, max, share, intervalMs: Number(row['duration'] ?? 0) * 1000 }]
  })
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
