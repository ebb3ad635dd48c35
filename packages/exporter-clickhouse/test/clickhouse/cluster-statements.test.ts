import { expect, onTestFinished, test } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually, until } from '../../../../test/kit/patience.js'
import { type Behaviour, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { clock } from '../../src/common/clock.js'

const MISSING: Behaviour = {
  status: 404,
  code: 60,
  body: 'Code: 60. DB::Exception: Table telemetry.traces does not exist. (UNKNOWN_TABLE)',
}
const LATE: Behaviour = {
  status: 500,
  code: 159,
  body: 'Code: 159. DB::Exception: Watching task /clickhouse/task_queue/ddl/query-0000000007 is executing longer than distributed_ddl_task_timeout (=5) seconds. There are 1 unfinished hosts (0 of them are currently active), they are going to execute the query in background. (TIMEOUT_EXCEEDED)',
}
const NO_KEEPER: Behaviour = {
  status: 500,
  code: 225,
  body: 'Code: 225. DB::Exception: Cannot get ZooKeeper. (NO_ZOOKEEPER)',
}

/** A host of a cluster that answers CREATE in this way. `here`: which tables and views it has. */
async function clusterHost(create: Behaviour) {
  const here = new Set<string>()
  const queue: string[] = []
  const looks: string[] = []
  let answer = create
  const server = await scriptedServer({
    each({ isInsert, statement }) {
      if (isInsert) return here.has('traces') ? 'ok' : MISSING
      const [, table = ''] =
        /^SELECT count\(\) FROM system\.tables WHERE database = 'telemetry' AND name = '(\w+)'/.exec(
          statement,
        ) ?? []
      if (table !== '') {
        looks.push(table)
        return { status: 200, body: here.has(table) ? '1\n' : '0\n' }
      }
      if (!statement.startsWith('CREATE')) return 'ok'
      queue.push(/`telemetry`\.`(\w+)`/.exec(statement)?.[1] ?? 'telemetry')
      return answer
    },
  })
  const become = (next: Behaviour) => {
    answer = next
  }
  return { ...server, here, queue, looks, become }
}

function later(ms: number): void {
  const now = clock.now
  clock.now = () => now() + ms
  onTestFinished(() => {
    clock.now = now
  })
}

const WAYS: [string, Behaviour][] = [
  ['says that it waits for a host', LATE],
  ['does not answer', 'hang'],
  ['says nothing of a host that is away', 'ok'],
]
test.each(WAYS)(
  'a server that %s gets CREATE … ON CLUSTER once, and rows as soon as it has the table',
  async (_, create) => {
    const host = await clusterHost(create)
    const exporter = exporterTo({ endpoint: host.url, cluster: 'main', timeoutMs: 2000 })
    await exported(exporter, spans(2))
    await until(() => host.looks.length > 5)
    expect(host.queue).toEqual(['traces'])
    expect(statsOf(exporter)).toMatchObject({ waiting: 2, dropped: {} })
    host.here.add('traces')
    await eventually(() => expect(statsOf(exporter)).toMatchObject({ delivered: 2, waiting: 0 }))
    expect(host.queue).toEqual(['traces'])
  },
)

test('what this host has already is enough: rows do not wait for a host that is away', async () => {
  const host = await clusterHost(LATE)
  host.become((_, response) => {
    for (const table of host.queue) host.here.add(table)
    response.writeHead(500, { 'x-clickhouse-exception-code': '159' }).end('Code: 159.')
  })
  const exporter = exporterTo({
    endpoint: host.url,
    cluster: 'main',
    distributed: { insertInto: 'distributed' },
  })
  await exported(exporter, spans(2))
  expect(statsOf(exporter)).toMatchObject({ delivered: 2, retries: 0 })
  expect(host.queue).toEqual(['traces_local', 'traces'])
})

test('a statement that may have got lost is sent again after a while, and then after a longer one', async () => {
  const host = await clusterHost(LATE)
  const exporter = exporterTo({ endpoint: host.url, cluster: 'main' })
  await exported(exporter, spans(1))
  const looksMore = async () => {
    const { length } = host.looks
    await until(() => host.looks.length > length + 2)
    return host.queue.length
  }
  expect(await looksMore()).toBe(1)
  later(31_000)
  expect(await looksMore()).toBe(2)
  later(31_000)
  expect(await looksMore()).toBe(2)
  later(31_000)
  expect(await looksMore()).toBe(3)
  expect(statsOf(exporter).lastError).toMatch(/^ClickHouse error 159: Watching task/)
})

test('a statement that was certainly not queued is sent again at once', async () => {
  const host = await clusterHost(NO_KEEPER)
  const exporter = exporterTo({ endpoint: host.url, cluster: 'main' })
  await exported(exporter, spans(1))
  await until(() => host.queue.length > 2)
  expect(host.looks).toEqual([])
})

test('without a cluster nothing is looked for', async () => {
  const host = await clusterHost(LATE)
  const exporter = exporterTo({ endpoint: host.url })
  await exported(exporter, spans(1))
  await until(() => host.queue.length > 2)
  expect(host.looks).toEqual([])
})

test('the server is asked to wait a short time only', async () => {
  const host = await clusterHost('ok')
  const exporter = exporterTo({ endpoint: host.url, cluster: 'main' })
  await exported(exporter, spans(1))
  const create = host.requests.find(({ statement }) => statement.startsWith('CREATE'))
  expect(create?.query.get('distributed_ddl_task_timeout')).toBe('5')
})
