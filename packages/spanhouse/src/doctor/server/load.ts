import { quoteIdentifier } from '@spanhouse/transform'
import {
  bytes,
  type Check,
  count,
  duration,
  type Found,
  ok,
  problem,
  skipped,
  warning,
} from '../check.js'
import type { Facts } from '../facts.js'
import { ACCESS_DENIED, type Refusal } from '../statement.js'

/** A system table that this user may not read is no fault: say who could help. */
async function unreadable(
  facts: Facts,
  table: string,
  { code, text, fix }: Refusal,
): Promise<Found> {
  if (code !== ACCESS_DENIED) return skipped(`system.${table} cannot be read: ${text}`, fix)
  const { name } = facts.destination
  const sql = `GRANT SELECT ON system.${table} TO ${quoteIdentifier(await facts.server.user())}`
  return skipped(`this user may not read system.${table}`, undefined, [
    { kind: 'sql', destination: name, sql, isSafe: false },
  ])
}

const DELAY = 1000
const THROW = 3000

export const parts: Check<Facts> = {
  id: 'parts',
  title: 'parts',
  needs: ['table'],
  async run(facts) {
    const { server, table } = facts
    const { rows, refused } = await server.rows(
      `SELECT partition, count() AS parts FROM system.parts WHERE active AND ${table.where} GROUP BY partition ORDER BY parts DESC LIMIT 1`,
    )
    if (!rows) return [await unreadable(facts, 'parts', refused)]
    const merges = await server.rows(
      `SELECT count() AS running FROM system.merges WHERE ${table.where}`,
    )
    const running = merges.rows
      ? `, ${count(Number(merges.rows[0]?.['running'] ?? 0), 'merge')} running`
      : ''
    const most = Number(rows[0]?.['parts'] ?? 0)
    const limits = await limitsOf(facts)
    const text = `${count(most, 'active part')} in the fullest partition, of ${limits.throw.toLocaleString('en')} allowed${running}`
    const fix =
      'Send fewer and larger batches (`batch.maxDelayMs`, `batch.maxRows`), and look why merges are slow (system.merges).'
    if (most >= limits.throw) return [problem(`${text}: INSERTs are refused`, fix)]
    if (most >= limits.delay)
      return [warning(`${text}: INSERTs are slowed down from ${limits.delay} on`, fix)]
    if (most >= limits.delay / 2)
      return [warning(`${text}: INSERTs will be slowed down from ${limits.delay} on`, fix)]
    return [ok(text)]
  },
}

/** The table's own settings, else the server's, else the defaults of ClickHouse. */
async function limitsOf({ server, table }: Facts): Promise<{ delay: number; throw: number }> {
  const info = await table.info()
  const full = typeof info === 'object' ? info.engineFull : ''
  const { rows } = await server.rows(
    "SELECT name, value FROM system.merge_tree_settings WHERE name IN ('parts_to_delay_insert', 'parts_to_throw_insert')",
  )
  const limit = (name: string, fallback: number) => {
    const own = new RegExp(`\\b${name} = (\\d+)`).exec(full)?.[1]
    const general = rows?.find((row) => row['name'] === name)?.['value']
    return Number(own ?? general ?? fallback) || Number.POSITIVE_INFINITY
  }
  return {
    delay: limit('parts_to_delay_insert', DELAY),
    throw: limit('parts_to_throw_insert', THROW),
  }
}

const STUCK_SECONDS = 600

export const mutations: Check<Facts> = {
  id: 'mutations',
  title: 'mutations',
  needs: ['table'],
  async run(facts) {
    const { rows, refused } = await facts.server.rows(
      `SELECT mutation_id AS id, dateDiff('second', create_time, now()) AS age, base64Encode(substring(latest_fail_reason, 1, 150)) AS why FROM system.mutations WHERE ${facts.table.where} AND NOT is_done ORDER BY create_time LIMIT 100`,
    )
    if (!rows) return [await unreadable(facts, 'mutations', refused)]
    if (rows.length === 0) return [ok('none is waiting')]
    const stuck = rows.find(
      (row) => String(row['why'] ?? '') !== '' || Number(row['age']) > STUCK_SECONDS,
    )
    if (!stuck) return [ok(`${count(rows.length, 'mutation')} running`)]
    // In base64, because an answer that contains the text of an exception looks like a refusal.
    const why = Buffer.from(String(stuck['why'] ?? ''), 'base64').toString()
    return [
      warning(
        `the mutation ${String(stuck['id'])} has waited for ${duration(Number(stuck['age']) * 1000)}${why ? `: ${why}` : ''}`,
        `Mend its cause, or end it with KILL MUTATION (${count(rows.length, 'mutation')} waiting).`,
      ),
    ]
  },
}

export const disks: Check<Facts> = {
  id: 'disks',
  title: 'server disk',
  needs: ['credentials'],
  async run(facts) {
    const { rows, refused } = await facts.server.rows(
      'SELECT name, free_space AS free, total_space AS total FROM system.disks',
    )
    if (!rows) return [await unreadable(facts, 'disks', refused)]
    const sized = rows
      .map((row) => ({
        name: String(row['name']),
        free: Number(row['free']),
        total: Number(row['total']),
      }))
      .filter(({ total }) => total > 0)
    if (sized.length === 0) return [skipped('the server does not say how full its disks are')]
    return sized.map(({ name, free, total }) =>
      diskFinding(`${name}: ${bytes(free)} of ${bytes(total)} free`, free / total),
    )
  },
}

function diskFinding(text: string, share: number): Found {
  if (share < 0.02) return problem(text, 'Free space, or shorten the TTL.')
  if (share < 0.1) return warning(text, 'Free space soon, or shorten the TTL.')
  return ok(text)
}

const LONG_QUEUE = 100
const LATE_SECONDS = 300

export const replication: Check<Facts> = {
  id: 'replication',
  title: 'replication',
  needs: ['table'],
  async run(facts) {
    const info = await facts.table.info()
    if (typeof info !== 'object' || !info.engine.startsWith('Replicated'))
      return [ok('the table is not replicated')]
    const { rows, refused } = await facts.server.rows(
      `SELECT is_readonly AS readonly, queue_size AS queue, absolute_delay AS delay, active_replicas AS active, total_replicas AS total FROM system.replicas WHERE ${facts.table.where}`,
    )
    if (!rows) return [await unreadable(facts, 'replicas', refused)]
    const [row] = rows
    if (!row) return [skipped('the server does not describe this replica')]
    const [queue, delay] = [Number(row['queue']), Number(row['delay'])]
    if (Number(row['readonly']) === 1)
      return [
        problem(
          'the table is read-only here: this replica has lost ClickHouse Keeper',
          'Check Keeper, then SYSTEM RESTORE REPLICA or SYSTEM RESTART REPLICA.',
        ),
      ]
    const text = `${String(row['active'])} of ${count(Number(row['total']), 'replica')} active, ${queue} in the queue, ${duration(delay * 1000)} late`
    if (queue > LONG_QUEUE || delay > LATE_SECONDS || Number(row['active']) < Number(row['total']))
      return [warning(text, 'Look into system.replication_queue.')]
    return [ok(text)]
  },
}
