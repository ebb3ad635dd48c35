import { defineTable } from '@spanhouse/transform'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { debianPackages } from '../kit/debian-packages.js'
import { openCollector } from '../kit/entry-points.mjs'
import { flushed } from '../kit/patience.js'
import { type Replicas, startReplicas } from '../kit/replicas.js'
import { idOf, type Identified, records, TRACES } from '../kit/signals.js'
import { statsOf } from '../kit/stats.js'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { diag, DiagLogLevel } from '@opentelemetry/api'

const packages = debianPackages()
let cluster: Replicas
beforeAll(async () => {
  if (typeof packages === 'string') throw new Error(packages)
  console.time('start')
  cluster = await startReplicas(packages, temporaryDirectory(afterAll))
  console.timeEnd('start')
})
afterAll(() => cluster?.stop())

test('first', async () => {
  diag.setLogger({ ...console, verbose: console.log } as never, DiagLogLevel.DEBUG)
  const table = defineTable<Identified>({
    name: 'traces',
    columns: [
      { name: 'span_id', type: 'String', value: idOf },
    ],
    orderBy: 'span_id',
  })
  const [r1, r2] = cluster.all
  const collector = openCollector('traces', {
    endpoints: [r1.http.url, r2.http.url],
    database: 'one', schema: table, cluster: 'main', engine: 'ReplicatedMergeTree',
    batch: { maxRows: 50, maxDelayMs: 20 },
  })
  for (const record of records(TRACES, 200)) collector.add(record)
  await flushed(collector).catch((e) => console.log(e))
  console.log(statsOf(collector))
  for (const r of cluster.all) console.log(await r.query('SELECT count() FROM one.traces').catch(String), await r.query('SHOW CREATE TABLE one.traces').catch(String))
  await collector.shutdown()
})
