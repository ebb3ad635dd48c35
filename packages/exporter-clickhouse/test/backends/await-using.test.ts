import { expect, test } from 'vitest'
import { exported, exporterTo, processorTo, spans } from '../../../../test/kit/exporters.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { spanProcessorsFromEnv } from '../../src/backends/from-env.js'

test('a processor of a block has delivered its spans when the block ends', async () => {
  const server = await scriptedServer()
  {
    await using processor = processorTo({ endpoint: server.url, shutdownTimeoutMs: 60_000 })
    processor.onEnd(makeSpan())
  }
  expect(server.rows).toHaveLength(1)
})

test('an exporter of a block has delivered its spans when the block ends, and takes no more', async () => {
  const server = await scriptedServer()
  const made = exporterTo({
    endpoint: server.url,
    acknowledge: 'accepted',
    shutdownTimeoutMs: 60_000,
  })
  {
    await using exporter = made
    await exported(exporter, spans(2))
  }
  expect(server.rows).toHaveLength(2)
  expect((await exported(made, spans(1))).code).toBe(1)
  expect(statsOf(made)).toMatchObject({ accepted: 2, delivered: 2, waiting: 0 })
})

test('processors of the environment deliver when the block ends, alone or as a list', async () => {
  const server = await scriptedServer()
  const env = {
    OTEL_TRACES_EXPORTER: 'clickhouse',
    OTEL_EXPORTER_CLICKHOUSE_ENDPOINT: server.url,
  }
  {
    await using processors = spanProcessorsFromEnv(env)
    expect(Object.keys(processors)).toEqual(['0'])
    processors[0]?.onEnd(makeSpan())
  }
  expect(server.rows).toHaveLength(1)
  {
    await using processor = spanProcessorsFromEnv(env)[0]
    processor?.onEnd(makeSpan({ name: 'another' }))
  }
  expect(server.rows).toHaveLength(2)
})
