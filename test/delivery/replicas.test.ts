import { defineTable } from '@spanhouse/transform'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { debianPackages } from '../kit/debian-packages.js'
import { diagLines } from '../kit/diag-lines.js'
import { type AnyOptions, openCollector, type RecordCollector } from '../kit/entry-points.mjs'
import { eventually, flushed, LONG, until } from '../kit/patience.js'
import { type Replica, type Replicas, startReplicas } from '../kit/replicas.js'
import { figure } from '../kit/results.js'
import { type Identified, idOf, load, records, TRACES } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'

// Real replication: two servers of ClickHouse 18.16 and their ZooKeeper, as Debian has them. These servers know no tokens: Replicated tables
// recognise a batch by its content.

const packages = debianPackages()
const skipped = typeof packages === 'string' ? packages : LONG ? '' : 'only in the long run'

const TIME = new Date('2026-09-03T10:11:12.000Z')
const TAGS = ['a', "b'\n"]

const table = defineTable<Identified>({
  name: 'traces',
  columns: [
    { name: 'span_id', type: 'String', value: idOf },
    { name: 'time', type: 'DateTime', value: () => TIME },
    { name: 'bytes', type: 'UInt64', value: () => 2n ** 64n - 1n },
    { name: 'tags', type: 'Array(String)', value: () => TAGS },
  ],
  orderBy: 'span_id',
})
/** Too few replicas live, or an earlier INSERT is not on enough of them yet. */
const NO_QUORUM = /error (285|286)\b/
const ROWS = 50
const ROWS_A_SECOND = 1000

describe.skipIf(skipped !== '')(`two replicas${skipped && ` (${skipped})`}`, () => {
  let cluster: Replicas
  let r1: Replica
  let r2: Replica
  beforeAll(async () => {
    if (typeof packages === 'string') return
    cluster = await startReplicas(packages, temporaryDirectory(afterAll))
    ;[r1, r2] = cluster.all
  })
  afterAll(() => cluster?.stop())

  let database = ''
  let databases = 0
  beforeEach(() => {
    database = `replicas_${databases++}`
  })

  function collectorTo(options: AnyOptions = {}): RecordCollector {
    const collector = openCollector('traces', {
      endpoints: cluster.all.map(({ http }) => http.url),
      database,
      schema: table,
      cluster: 'main',
      engine: 'ReplicatedMergeTree',
      batch: { maxRows: ROWS, maxDelayMs: 20 },
      retry: { initialDelayMs: 5, maxDelayMs: 200 },
      ...options,
    })
    onTestFinished(() => collector.shutdown())
    return collector
  }

  /** Creates the table on both replicas. */
  async function warm(collector: RecordCollector): Promise<void> {
    for (const record of records(TRACES, ROWS)) collector.add(record)
    await flushed(collector)
    await onBoth(ROWS)
  }

  async function held(replica: Replica): Promise<{ rows: number; ids: number }> {
    const text = await replica.query(`SELECT count(), uniqExact(span_id) FROM ${database}.traces`)
    const [rows = 0, ids = 0] = text.trim().split('\t').map(Number)
    return { rows, ids }
  }

  /** Each replica gets the rows of the other a little later. */
  async function onBoth(made: number): Promise<void> {
    for (const replica of cluster.all)
      await eventually(async () => expect(await held(replica)).toEqual({ rows: made, ids: made }))
  }

  async function active(replica: Replica): Promise<number> {
    const text = await replica.query(
      `SELECT active_replicas FROM system.replicas WHERE database = '${database}'`,
    )
    return Number(text)
  }

  /** Rows that clients have sent to this replica since its start, to any table. */
  async function inserted(replica: Replica): Promise<number> {
    const value = `SELECT value FROM system.events WHERE event = 'InsertedRows'`
    return Number(await replica.query(value))
  }

  async function moreDelivered(collector: RecordCollector, rows: number): Promise<void> {
    const { delivered } = statsOf(collector)
    await until(() => statsOf(collector).delivered > delivered + rows)
  }

  test('the first row creates database and table on both, and rows written through either are on both', async () => {
    const collector = collectorTo({ endpointOrder: 'round_robin' })
    for (const record of records(TRACES, 20 * ROWS)) collector.add(record)
    await flushed(collector)
    await onBoth(20 * ROWS)
    for (const replica of cluster.all) {
      expect(await active(replica)).toBe(2)
      expect(await inserted(replica)).toBeGreaterThan(0)
    }
    expect(statsOf(collector)).toMatchObject({ delivered: 20 * ROWS, dropped: {} })
    const values = `SELECT DISTINCT toUnixTimestamp(time), bytes, tags FROM ${database}.traces`
    const { data } = JSON.parse(await r1.query(`${values} FORMAT JSONCompact`))
    expect(data).toEqual([[TIME.getTime() / 1000, String(2n ** 64n - 1n), TAGS]])
  })

  // This old server does not know a setting of our tables, and says so only when the other one has run the statement too.
  test('one is dead when the tables are created: rows wait until it is back, and the queue of the cluster does not grow', async () => {
    await r2.kill()
    const collector = collectorTo()
    for (const record of records(TRACES, 10 * ROWS)) collector.add(record)
    await eventually(() => expect(statsOf(collector).lastError).toContain('Watching task'))
    await until(() => statsOf(collector).errors > 15)
    expect(statsOf(collector)).toMatchObject({ delivered: 0, waiting: 10 * ROWS })
    const queue = `SELECT value FROM system.zookeeper WHERE path = '/clickhouse/task_queue/ddl'`
    const statements = (await r1.query(queue)).split('CREATE ').slice(1)
    const own = statements.filter((statement) => statement.includes(database))
    expect(own.length).toBeLessThanOrEqual(3) // each of the two once, or the second once more after 30 seconds
    await r2.start()
    await flushed(collector)
    await onBoth(10 * ROWS)
    expect(statsOf(collector)).toMatchObject({ delivered: 10 * ROWS, dropped: {} })
  })

  test('tables that are there already are written to, compared or not', async () => {
    await warm(collectorTo())
    const lines = diagLines()
    for (const manageSchema of ['off', 'validate'] as const) {
      const collector = collectorTo({ manageSchema })
      for (const record of records(TRACES, ROWS)) collector.add(record)
      await flushed(collector)
    }
    await onBoth(3 * ROWS)
    expect(lines.filter((line) => !line.includes('does not deduplicate'))).toEqual([])
  })

  /** Under load, each host in turn loses replies. Resolves with the rows that were made, and those that were in the lost replies at most. */
  async function loseReplies(collector: RecordCollector): Promise<{ rows: number; lost: number }> {
    const made = load(collector, TRACES, ROWS_A_SECOND)
    let lost = 0
    for (let n = 0; n < 10; n++) {
      const { http } = cluster.all[n % 2] as Replica
      const before = http.lost
      await http.become({ cutReplyAfter: 0 })
      await until(() => http.lost > before)
      await http.become('none')
      lost += http.lost - before
      await moreDelivered(collector, ROWS)
    }
    const rows = made.stop()
    await flushed(collector)
    return { rows, lost }
  }

  test.each<[string, AnyOptions, string]>([
    ['a Replicated table', {}, 'ReplicatedMergeTree'],
    ['a Distributed table', { distributed: { insertInto: 'distributed' } }, 'Distributed'],
    ['local tables', { distributed: { insertInto: 'local' } }, 'Distributed'],
  ])(
    'a lost reply of %s: the other replica recognises the rows, which are counted as possible duplicates',
    async (_, options, engine) => {
      const collector = collectorTo({ endpointOrder: 'round_robin', ...options })
      await warm(collector)
      const { rows, lost } = await loseReplies(collector)
      await onBoth(ROWS + rows)
      const stats = statsOf(collector)
      expect(stats).toMatchObject({ delivered: ROWS + rows, dropped: {} })
      expect(stats.deduplication).toBe('ineffective')
      expect(stats.possibleDuplicates).toBeGreaterThan(0)
      expect(stats.possibleDuplicates).toBeLessThanOrEqual(lost * ROWS)
      const engines = `SELECT engine FROM system.tables WHERE database = '${database}' AND name = 'traces'`
      for (const replica of cluster.all) expect(await replica.query(engines)).toBe(`${engine}\n`)
    },
  )

  test('without tokens, a batch whose rows all equal those of an earlier one is not stored', async () => {
    const schema = defineTable<Identified>({
      name: 'traces',
      columns: [{ name: 'span_id', type: 'String', value: () => 'the same' }],
      orderBy: 'span_id',
    })
    const collector = collectorTo({ schema })
    for (let batch = 0; batch < 2; batch++) {
      for (const record of records(TRACES, ROWS)) collector.add(record)
      await flushed(collector)
    }
    expect(statsOf(collector)).toMatchObject({ delivered: 2 * ROWS, possibleDuplicates: 0 })
    expect(await held(r1)).toEqual({ rows: ROWS, ids: 1 })
  })

  test('a lost reply of a plain table, without tokens: all rows that are there twice are counted', async () => {
    const collector = collectorTo({ endpointOrder: 'round_robin', engine: 'MergeTree' })
    const { rows } = await loseReplies(collector)
    const copies = new Map<string, number>()
    for (const replica of cluster.all) {
      const text = await replica.query(`SELECT span_id FROM ${database}.traces`)
      for (const id of text.trim().split('\n')) copies.set(id, (copies.get(id) ?? 0) + 1)
    }
    expect(copies.size).toBe(rows)
    const doubled = [...copies.values()].filter((count) => count > 1).length
    const stats = statsOf(collector)
    expect(stats).toMatchObject({ delivered: rows, dropped: {}, deduplication: 'ineffective' })
    expect(doubled).toBeGreaterThan(0)
    expect(stats.possibleDuplicates).toBeGreaterThanOrEqual(doubled)
  })

  const cutOff = (fault: 'black hole' | 'none') => async (replica: Replica) => {
    for (const proxy of [replica.http, replica.toZooKeeper, replica.parts])
      await proxy.become(fault)
  }
  const troubles: [
    string,
    (replica: Replica) => Promise<void>,
    (replica: Replica) => Promise<void>,
  ][] = [
    ['killed', (replica) => replica.kill(), (replica) => replica.start()],
    ['cut off', cutOff('black hole'), cutOff('none')],
    [
      'cut off from ZooKeeper alone',
      ({ toZooKeeper }) => toZooKeeper.become('black hole'),
      ({ toZooKeeper }) => toZooKeeper.become('none'),
    ],
  ]
  test.each(troubles)(
    'one is %s amid INSERTs and comes back, each in turn: nothing lost, nothing doubled',
    async (trouble, fall, rise) => {
      const collector = collectorTo({ endpointOrder: 'round_robin' })
      await warm(collector)
      const made = load(collector, TRACES, ROWS_A_SECOND)
      const onDeadDiskAlone: number[] = []
      for (const n of [0, 1, 0, 1]) {
        const [one, other] = n === 0 ? [r1, r2] : [r2, r1]
        await moreDelivered(collector, 10 * ROWS)
        await fall(one)
        await until(async () => (await active(other)) === 1)
        await moreDelivered(collector, 10 * ROWS)
        const { delivered, possibleDuplicates } = statsOf(collector)
        onDeadDiskAlone.push(Math.max(0, delivered - (await held(other)).rows))
        expect(possibleDuplicates).toBeLessThan(delivered)
        await rise(one)
        await until(async () => (await active(one)) === 2)
        // Until it gets rows, it is not known to be back.
        const before = await inserted(one)
        await until(async () => (await inserted(one)) > before)
      }
      const rows = ROWS + made.stop()
      await flushed(collector)
      await onBoth(rows)
      const { possibleDuplicates, ...stats } = statsOf(collector)
      expect(stats).toMatchObject({ delivered: rows, dropped: {} })
      figure('one of two replicas', { trouble, rows, possibleDuplicates, onDeadDiskAlone })
    },
  )

  describe('the reply of one that has not given its rows to the other is lost, and it dies', () => {
    async function lostAndDead(options: AnyOptions): Promise<RecordCollector> {
      const collector = collectorTo(options)
      await warm(collector)
      await r1.parts.become('refuse')
      const before = r1.http.lost
      await r1.http.become({ cutReplyAfter: 0 })
      for (const record of records(TRACES, ROWS)) collector.add(record)
      await until(() => r1.http.lost > before)
      await r1.kill()
      await r1.parts.become('none')
      await r1.http.become('none')
      return collector
    }

    test('the other calls the rows a duplicate: they are there when the dead one is back', async () => {
      const collector = await lostAndDead({})
      await flushed(collector)
      expect(statsOf(collector)).toMatchObject({ delivered: 2 * ROWS, possibleDuplicates: ROWS })
      expect(await held(r2)).toEqual({ rows: ROWS, ids: ROWS })
      await r1.start()
      await onBoth(2 * ROWS)
    })

    test('with insert_quorum the rows wait for the dead one, and are there once', async () => {
      const collector = await lostAndDead({ settings: { insert_quorum: 2 } })
      await eventually(() => expect(statsOf(collector).lastError).toMatch(NO_QUORUM))
      expect(statsOf(collector)).toMatchObject({ delivered: ROWS, waiting: ROWS })
      await r1.start()
      await flushed(collector)
      await onBoth(2 * ROWS)
      expect(statsOf(collector)).toMatchObject({ delivered: 2 * ROWS, dropped: {} })
    })
  })

  test('INSERTs with a quorum, several at a time: all are there once, and one line says that they go one at a time', async () => {
    const lines = diagLines()
    const collector = collectorTo({ settings: { insert_quorum: 2 }, endpointOrder: 'round_robin' })
    await warm(collector)
    const made = load(collector, TRACES, ROWS_A_SECOND)
    await moreDelivered(collector, 20 * ROWS)
    const rows = ROWS + made.stop()
    await flushed(collector)
    await onBoth(rows)
    expect(statsOf(collector)).toMatchObject({ delivered: rows, dropped: {} })
    expect(lines.filter((line) => line.includes('takes no rows'))).toEqual([])
    const turns = lines.filter((line) => line.includes('takes one INSERT at a time'))
    expect(turns.length).toBeLessThanOrEqual(1)
  })

  const silences: [string, AnyOptions, RegExp, { fall(): Promise<void>; rise(): Promise<void> }][] =
    [
      [
        'one is dead, with insert_quorum',
        { settings: { insert_quorum: 2 } },
        NO_QUORUM,
        { fall: () => r2.kill(), rise: () => r2.start() },
      ],
      [
        'ZooKeeper is dead, so that tables are read only',
        { endpointOrder: 'round_robin' },
        /error 242\b/,
        { fall: () => cluster.zooKeeper.kill(), rise: () => cluster.zooKeeper.start() },
      ],
    ]
  test.each(silences)(
    '%s: rows wait, one line says so, and all are there once after its return',
    async (_, options, error, { fall, rise }) => {
      const lines = diagLines()
      const collector = collectorTo(options)
      await warm(collector)
      await fall()
      const made = load(collector, TRACES, ROWS_A_SECOND)
      await eventually(() => expect(statsOf(collector).lastError).toMatch(error))
      const { waiting } = statsOf(collector)
      await until(() => statsOf(collector).waiting > waiting + 10 * ROWS)
      expect(statsOf(collector).delivered).toBe(ROWS)
      const ofAll = / primary \(\S+\) takes no rows: /
      const said = () => lines.filter((line) => ofAll.test(line))
      // Not at once: that one INSERT waits for another is no outage before ten seconds.
      await eventually(() => expect(said()).toHaveLength(1))
      const rows = ROWS + made.stop()
      await rise()
      await flushed(collector)
      await onBoth(rows)
      expect(statsOf(collector)).toMatchObject({ delivered: rows, dropped: {} })
      expect(said()).toHaveLength(1)
    },
  )
})
