import { promises } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { expect, onTestFinished, test, vi } from 'vitest'
import { until } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { temporaryDirectory } from '../../../../test/kit/temporary-directory.js'
import { makeSpan } from '../../../transform/test/spans.js'
import type { Sender } from '../../src/clickhouse/sender.js'
import { ClickHouseError } from '../../src/common/errors.js'
import type { Signal } from '../../src/config/config.js'
import { TOKEN } from '../../src/config/insert-settings.js'
import type { Options } from '../../src/config/options.js'
import { parseConfig } from '../../src/config/parse-config.js'
import {
  type DeadLetter,
  type DeadLetters,
  openDeadLetters,
} from '../../src/delivery/dead-letters.js'
import { ClickHouseSpanProcessor } from '../../src/traces/span-processor.js'
import { followGlobalClock } from '../global-clock.js'

followGlobalClock()

const letter = {
  row: '{"a":1}',
  error: new ClickHouseError(400, 27, 'ClickHouse error 27'),
  attempts: 2,
  insert: { statement: 'INSERT', settings: { [TOKEN]: 'v1-token' } },
  table: 'traces',
}

function lettersOf(
  deadLetter: Options['deadLetter'],
  run: Sender['run'] = async () => ({ outcome: { status: 'delivered' }, text: '' }),
  signal: Signal = 'traces',
): DeadLetters {
  const [config] = parseConfig('traces', { deadLetter }, {}).destinations
  const letters = config && openDeadLetters({ ...config, signal }, { run } as Sender)
  if (!letters) throw new Error('no dead letters')
  return letters
}

test.each<[Signal, string]>([
  ['traces', 'primary.ndjson'],
  ['logs', 'primary.logs.ndjson'],
  ['metrics', 'primary.metrics.ndjson'],
])(
  'a dead letter of %s in a file says what was refused, why, and of which batch; nobody else may read it',
  async (signal, name) => {
    const directory = temporaryDirectory()
    expect(await lettersOf({ directory }, undefined, signal).keep(letter)).toBeUndefined()
    const file = join(directory, name)
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({
      destination: 'primary',
      signal,
      table: 'traces',
      code: 27,
      message: 'ClickHouse error 27',
      attempts: 2,
      token: 'v1-token',
      row: '{"a":1}',
    })
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)
  },
)

test('a line that a full disk or a kill has cut short takes no other with it', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'primary.ndjson')
  await writeFile(file, '{"time":"20')
  const letters = lettersOf({ directory })
  await letters.keep(letter)
  await letters.keep(letter)
  const [, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n')
  expect(lines.map((line) => JSON.parse(line).row)).toEqual([letter.row, letter.row])
})

test('a file of dead letters does not outgrow its bound, however many come at once', async () => {
  const directory = temporaryDirectory()
  const letters = lettersOf({ directory, maxBytes: 600 })
  const kept = await Promise.all(Array.from({ length: 10 }, () => letters.keep(letter)))
  const { size } = await stat(join(directory, 'primary.ndjson'))
  expect(size).toBeLessThanOrEqual(600)
  const count = kept.filter((problem) => problem === undefined).length
  expect(count).toBe(Math.floor(600 / (size / count)))
  expect(kept.at(-1)?.message).toMatch(/primary\.ndjson is full \(600 bytes\)$/)
})

test('a dead letter in a table says the same', async () => {
  const statements: string[] = []
  const letters = lettersOf({ table: 'dead' }, async (statement) => {
    statements.push(statement)
    return { outcome: { status: 'delivered' }, text: '' }
  })
  expect(await letters.keep(letter)).toBeUndefined()
  const [, json = ''] = /FORMAT JSONEachRow (.*)$/.exec(statements[0] ?? '') ?? []
  const row = JSON.parse(json)
  expect(row).toMatchObject({ source_logical: 2, data_after: '{"a":1}' })
  expect(JSON.parse(row.data_before)).toMatchObject({
    code: 27,
    token: 'v1-token',
    signal: 'traces',
  })
})

test('what keeps dead letters and hangs is given up after five seconds', async () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  let problem: Error | undefined
  void lettersOf({ table: 'dead' }, () => new Promise(() => {}))
    .keep(letter)
    .then((is) => {
      problem = is
    })
  await vi.advanceTimersByTimeAsync(4900)
  expect(problem).toBeUndefined()
  await vi.advanceTimersByTimeAsync(200)
  expect(problem?.message).toBe('not written within 5 s')
})

test('a row that is refused and kept is counted as a dead letter, and not as lost', async () => {
  const directory = temporaryDirectory()
  const server = await scriptedServer({
    status: 400,
    code: 27,
    body: 'Code: 27. DB::Exception: no',
  })
  const to = new ClickHouseSpanProcessor({
    endpoint: server.url,
    deadLetter: { directory },
    shutdownTimeoutMs: 20,
  })
  onTestFinished(() => to.shutdown())
  to.onEnd(makeSpan({ name: 'refused' }))
  await to.forceFlush()
  expect(to.stats().destinations['primary']?.dropped).toEqual({ dead_lettered: 1 })
  const kept = JSON.parse(await readFile(join(directory, 'primary.ndjson'), 'utf8'))
  expect(JSON.parse(kept.row)).toMatchObject({ span_name: 'refused', service_name: 'shop' })
})

test('a row that is refused and cannot be kept is counted as lost, and a line says why', async () => {
  const directory = temporaryDirectory()
  const file = join(directory, 'a file')
  await writeFile(file, '')
  const server = await scriptedServer({
    status: 400,
    code: 27,
    body: 'Code: 27. DB::Exception: no',
  })
  const warn = vi.fn()
  const logger = { error() {}, warn, info() {}, debug() {}, verbose() {} }
  diag.setLogger(logger, { logLevel: DiagLogLevel.ALL, suppressOverrideMessage: true })
  onTestFinished(() => diag.disable())
  const to = new ClickHouseSpanProcessor({
    endpoint: server.url,
    deadLetter: { directory: file },
    shutdownTimeoutMs: 20,
  })
  onTestFinished(() => to.shutdown())
  to.onEnd(makeSpan())
  await to.forceFlush()
  expect(to.stats().destinations['primary']?.dropped).toEqual({ rejected: 1 })
  const lines = warn.mock.calls.map(([, line]) => String(line))
  expect(lines.find((line) => line.includes('dead letter'))).toMatch(
    /^primary \(127\.0\.0\.1:\d+\): .* cannot be kept .*: .*(EEXIST|ENOTDIR)/,
  )
})

test('a table that does not take dead letters is named with what it said', async () => {
  const error = new ClickHouseError(403, 497, 'Not enough privileges')
  const letters = lettersOf({ table: 'dead' }, async () => ({
    outcome: { status: 'retry', why: 'misconfigured', error },
    text: '',
  }))
  expect(await letters.keep(letter)).toBe(error)
})

/** Makes the disk hang when a file is appended to. */
function hangingAppends(): { readonly begun: Promise<void>; goOn(): void } {
  const { appendFile } = promises
  let [begin, goOn] = [() => {}, () => {}]
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const hung = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const mend = () => {
    promises.appendFile = appendFile
    syncBuiltinESMExports()
    goOn()
  }
  promises.appendFile = async (...args) => {
    begin()
    await hung
    return appendFile(...args)
  }
  syncBuiltinESMExports()
  onTestFinished(mend)
  return { begun, goOn: mend }
}

/** Keeps letters on a disk that hangs until they are given up. */
async function givenUp(letters: DeadLetters, ...early: DeadLetter[]) {
  const disk = hangingAppends()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const kept = Promise.all(early.map((one) => letters.keep(one)))
  await disk.begun
  vi.advanceTimersByTime(5000)
  vi.useRealTimers()
  return { problems: (await kept).map((problem) => problem?.message), goOn: disk.goOn }
}

test('a disk that hangs does not keep a dead letter, nor the rows behind it, for ever', async () => {
  const { problems } = await givenUp(lettersOf({ directory: temporaryDirectory() }), letter)
  expect(problems).toEqual(['not written within 5 s'])
})

test('a letter that was given up while it waited for a disk is not in the file when the disk is back; later ones are', async () => {
  const directory = temporaryDirectory()
  const letters = lettersOf({ directory })
  const named = (row: string) => ({ ...letter, row })
  const { problems, goOn } = await givenUp(letters, named('hangs'), named('behind it'))
  expect(problems).toEqual(['not written within 5 s', 'not written within 5 s'])
  // Nobody holds ten rows for a disk that may never be back.
  for (let n = 0; n < 10; n++)
    expect((await letters.keep(named(`still hangs ${n}`)))?.message).toBe(
      'the disk does not answer',
    )

  goOn()
  await until(async () => (await letters.keep(named('later'))) === undefined)
  const lines = (await readFile(join(directory, 'primary.ndjson'), 'utf8')).trimEnd().split('\n')
  // The first may be there: it was in the hands of the disk.
  expect(lines.map((line) => JSON.parse(line).row)).toEqual(['hangs', 'later'])
})
