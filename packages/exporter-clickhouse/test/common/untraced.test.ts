import { mkdir } from 'node:fs/promises'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { afterEach, expect, onTestFinished, test } from 'vitest'
import {
  AsyncLocalStorageContextManager,
  batchSpanProcessor,
  context,
  FsInstrumentation,
  InMemorySpanExporter,
  isTracingSuppressed,
  TracerProvider,
} from '#sdk'
import { eventually } from '../../../../test/kit/patience.js'
import { type Behaviour, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import { realFs, type SpoolFs } from '../../src/spool/disk.js'
import { openSpool } from '../../src/spool/spool.js'
import { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'
import { batchOf, filesIn, insertsFor } from '../spool/spool-kit.js'

const REFUSED: Behaviour = { status: 400, code: 27, body: 'Code: 27. DB::Exception: Cannot parse' }
afterEach(() => context.disable())

test('every call of a spool to its disk is made without tracing, in timers and after a wait too', async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const directory = temporaryDirectory()
  const traced: string[] = []
  let calls = 0
  const fs = new Proxy(realFs, {
    get(target, name: keyof SpoolFs) {
      return (...args: never[]) => {
        calls++
        if (!isTracingSuppressed(context.active())) traced.push(name)
        return (target[name] as (...args: never[]) => unknown)(...args)
      }
    },
  })
  const config = { directory, maxBytes: 1e9, fsync: 'interval' as const, leaseMs: 60 }
  const ignored = () => {}
  const events = {
    corrupt: ignored,
    newer: ignored,
    deletedAside: ignored,
    troubled: ignored,
    recoveredFromTrouble: ignored,
    unreadable: ignored,
    readable: ignored,
    foreign: ignored,
  }
  const first = openSpool(config, ['a'], { ...events, recovered: ignored }, fs)
  const stored = [...(await first.put(batchOf('rows'), insertsFor('a'))).values()]
  for (const one of stored) await first.load(one)
  await first.put(batchOf('more rows'), insertsFor('a'))
  stored.forEach(first.remove)
  await first.close()
  let recovered = 0
  const next = openSpool(config, ['a'], { ...events, recovered: () => recovered++ }, fs)
  await eventually(() => expect(recovered).toBe(1))
  await next.close()
  expect(calls).toBeGreaterThan(20)
  expect(traced).toEqual([])
})

test.skipIf(!FsInstrumentation)(
  'spool and dead letters are not traced where all other files are',
  async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const directory = temporaryDirectory()
    const seen = new InMemorySpanExporter()
    const provider = new TracerProvider({ spanProcessors: [batchSpanProcessor(seen)] })
    const instrumentation = new FsInstrumentation({
      createHook: (_: unknown, { args }: { args: ArrayLike<unknown> }) =>
        String(args[0]).startsWith(directory),
    })
    instrumentation.setTracerProvider(provider)
    // It patches what require() gives; what import gives follows.
    const require = createRequire(import.meta.url)
    require('node:fs')
    require('node:fs/promises')
    syncBuiltinESMExports()
    onTestFinished(() => {
      instrumentation.disable()
      syncBuiltinESMExports()
    })
    const server = await scriptedServer({
      each: ({ rows }) => (rows.some(({ span_name }) => span_name === 'bad') ? REFUSED : 'ok'),
    })
    const to = new ClickHouseSpanExporter({
      endpoint: server.url,
      spool: { directory: join(directory, 'spool'), leaseMs: 200 },
      deadLetter: { directory: join(directory, 'letters') },
    })
    await new Promise((resolve) => to.export([makeSpan(), makeSpan({ name: 'bad' })], resolve))
    await to.forceFlush()
    const stats = to.stats().destinations['primary']
    expect(stats).toMatchObject({ delivered: 1, dropped: { dead_lettered: 1 } })
    await to.shutdown()
    expect((await filesIn(directory)).length).toBeGreaterThan(0)
    const ours = () => seen.getFinishedSpans().map(({ name }) => name)
    await provider.forceFlush()
    expect(ours().filter((name) => !name.includes('readdir'))).toEqual([])

    await mkdir(join(directory, 'of somebody else'))
    await provider.forceFlush()
    expect(ours()).toContain('fs mkdir')
  },
)
