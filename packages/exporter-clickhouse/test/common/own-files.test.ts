import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
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
import { ownFiles } from '../../src/common/own-files.js'
import type { SpoolFs } from '../../src/spool/disk.js'
import { openSpool } from '../../src/spool/spool.js'
import { ClickHouseSpanExporter } from '../../src/traces/span-exporter.js'
import { batchOf, filesIn, insertsFor } from '../spool/spool-kit.js'

const REFUSED: Behaviour = { status: 400, code: 27, body: 'Code: 27. DB::Exception: Cannot parse' }
afterEach(() => context.disable())

type Call = keyof SpoolFs
type Replaceable = Record<Call, (...args: unknown[]) => Promise<unknown>>
const CALLS: readonly Call[] = [
  'link',
  'lstat',
  'mkdir',
  'open',
  'opendir',
  'rename',
  'rmdir',
  'unlink',
]

/** Until the end of the test, everybody in the process makes these calls to the file system through `around`. */
function replaceCalls(around: (call: Call, make: () => Promise<unknown>) => Promise<unknown>) {
  // What require() gives may be changed; what import gives follows.
  const module: Replaceable = createRequire(import.meta.url)('node:fs/promises')
  const real = { ...module }
  for (const call of CALLS)
    module[call] = (...args) => around(call, () => Reflect.apply(real[call], module, args))
  syncBuiltinESMExports()
  onTestFinished(() => {
    Object.assign(module, real)
    syncBuiltinESMExports()
  })
}

test('every call of a spool to its disk is made without tracing, in timers and after a wait too', async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const directory = temporaryDirectory()
  const traced: string[] = []
  let calls = 0
  replaceCalls((call, make) => {
    calls++
    if (!isTracingSuppressed(context.active())) traced.push(call)
    return make()
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
  const first = openSpool(config, ['a'], { ...events, recovered: ignored })
  // Three at once: one of them waits for its turn.
  const puts = ['rows', 'more rows', 'yet more'].map((rows) =>
    first.put(batchOf(rows), insertsFor('a')),
  )
  const stored = (await Promise.all(puts)).flatMap((one) => [...one.values()])
  for (const one of stored) await first.load(one)
  await first.put(batchOf('left for the next'), insertsFor('a'))
  stored.forEach(first.remove)
  await first.close()
  let recovered = 0
  const next = openSpool(config, ['a'], { ...events, recovered: () => recovered++ })
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

test('no more calls are under way than may be, also to files that are open; the others come in their order', async () => {
  const directory = temporaryDirectory()
  const files = ownFiles(2)
  const open = await files.open(join(directory, 'open'), 'wx')
  const begun: Call[] = []
  const held: (() => void)[] = []
  replaceCalls(async (call, make) => {
    begun.push(call)
    await new Promise<void>((resolve) => held.push(resolve))
    return make()
  })
  const made = [
    files.mkdir(join(directory, 'one')),
    files.opendir(directory).then((folder) => folder.close()),
    open.write('behind the two'),
    files.rmdir(join(directory, 'none')).catch((error) => error.code),
    open.close(),
  ]
  await new Promise(setImmediate)
  expect(begun).toEqual(['mkdir', 'opendir'])
  expect(await readFile(join(directory, 'open'), 'utf8')).toBe('')

  held[0]?.()
  await eventually(() => expect(begun).toEqual(['mkdir', 'opendir', 'rmdir']))
  expect(await readFile(join(directory, 'open'), 'utf8')).toBe('behind the two')
  held[1]?.()
  held[2]?.()
  expect(await Promise.all(made)).toMatchObject([undefined, undefined, {}, 'ENOENT', undefined])
})

test('each has calls of its own', async () => {
  const directory = await mkdtemp(join(temporaryDirectory(), 'files-'))
  replaceCalls((call, make) => (call === 'mkdir' ? new Promise(() => {}) : make()))
  const hanging = ownFiles(1)
  void hanging.mkdir(join(directory, 'hangs'))
  const file = join(directory, 'file')
  await writeFile(file, 'text')
  const opened = await ownFiles(1).open(file)
  expect((await opened.stat()).size).toBe(4)
  await opened.close()
})
