import { writeFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { basename, join } from 'node:path'
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
function replaceCalls(
  around: (call: Call, make: () => Promise<unknown>, path: string) => Promise<unknown>,
) {
  // What require() gives may be changed; what import gives follows.
  const module: Replaceable = createRequire(import.meta.url)('node:fs/promises')
  const real = { ...module }
  for (const call of CALLS)
    module[call] = (...args) =>
      around(call, () => Reflect.apply(real[call], module, args), String(args[0]))
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

/** What waits until it is told to go on, in the order in which it has begun. */
function holdCalls(): { begun: string[]; goOn(nth: number): void } {
  const begun: string[] = []
  const held: (() => void)[] = []
  replaceCalls(async (call, make, path) => {
    begun.push(`${call} ${basename(path)}`)
    await new Promise<void>((resolve) => held.push(resolve))
    return make()
  })
  return { begun, goOn: (nth) => held[nth]?.() }
}

test('one call is under way in a directory, also to a file that is open; the others come in their order', async () => {
  const directory = temporaryDirectory()
  const files = ownFiles(directory)
  const same = ownFiles(directory)
  const open = await files.open(join(directory, 'open'), 'wx')
  const { begun, goOn } = holdCalls()
  const made = [
    files.mkdir(join(directory, 'one')),
    open.write('behind it'),
    same.rmdir(join(directory, 'none')).catch((error) => error.code),
    open.close(),
  ]
  await new Promise(setImmediate)
  expect(begun).toEqual(['mkdir one'])
  expect(await readFile(join(directory, 'open'), 'utf8')).toBe('')
  goOn(0)
  await eventually(() => expect(begun).toEqual(['mkdir one', 'rmdir none']))
  expect(await readFile(join(directory, 'open'), 'utf8')).toBe('behind it')
  goOn(1)
  expect(await Promise.all(made)).toMatchObject([undefined, {}, 'ENOENT', undefined])
})

test('two calls are under way in all directories, and a directory that hangs has one of them', async () => {
  const [hangs, works, third] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()]
  const { begun, goOn } = holdCalls()
  const made = [hangs, hangs, works, third, works].map((directory, n) =>
    ownFiles(directory).mkdir(join(directory, String(n))),
  )
  await new Promise(setImmediate)
  expect(begun).toEqual(['mkdir 0', 'mkdir 2'])
  goOn(1)
  await eventually(() => expect(begun).toEqual(['mkdir 0', 'mkdir 2', 'mkdir 3']))
  goOn(2)
  await eventually(() => expect(begun.slice(3)).toEqual(['mkdir 4']))
  goOn(3)
  await Promise.all(made.slice(2))
  expect(begun).toHaveLength(4)
  goOn(0)
  await eventually(() => expect(begun).toHaveLength(5))
  goOn(4)
  await Promise.all(made)
})

test('a folder with many entries is read by the page, and whoever else wants something has it in between', async () => {
  const directory = temporaryDirectory()
  const names = Array.from({ length: 1200 }, (_, n) => `file ${n}`)
  for (const name of names) writeFileSync(join(directory, name), '')
  const folder = await ownFiles(directory).opendir(directory, { bufferSize: 512 })
  const found: string[] = []
  const readOn = async () => {
    for (let entry = await folder.read(); entry; entry = await folder.read()) found.push(entry.name)
  }
  const first = await folder.read()
  const { begun, goOn } = holdCalls()
  const others = ownFiles(directory).mkdir(join(directory, 'meanwhile'))
  await new Promise(setImmediate)
  expect(begun).toEqual(['mkdir meanwhile'])
  const reading = readOn()
  await new Promise(setImmediate)
  expect(found).toHaveLength(511) // the rest of the page needs no turn, and the next page waits for one
  goOn(0)
  await Promise.all([others, reading])
  await folder.close()
  expect([first?.name, ...found].filter((name) => name !== 'meanwhile').sort()).toEqual(
    names.sort(),
  )
})
