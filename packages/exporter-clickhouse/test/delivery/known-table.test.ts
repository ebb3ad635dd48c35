import { flatTraces } from '@spanhouse/transform'
import { expect, test } from 'vitest'
import { diagLines } from '../../../../test/kit/diag-lines.js'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually, until } from '../../../../test/kit/patience.js'
import { type Behaviour, scriptedServer } from '../../../../test/kit/scripted-server.js'
import { deduplicationKnown, statsOf } from '../../../../test/kit/stats.js'

const said = (body: string): Behaviour => ({ status: 200, body })
const UNREADABLE = said('Back in a minute.')
const WITHOUT_WINDOW = said('["MergeTree","MergeTree ORDER BY x"]\n')
const COLUMNS = said(
  flatTraces.columns.map(({ name, type }) => `${JSON.stringify([name, type])}\n`).join(''),
)

/** A server whose table forgets tokens. */
async function forgetfulServer() {
  const behaviour = { insert: 'ok' as Behaviour, engine: WITHOUT_WINDOW, columns: COLUMNS }
  const server = await scriptedServer({
    each({ isInsert, statement }) {
      if (isInsert) return behaviour.insert
      if (statement.includes('engine_full')) return behaviour.engine
      return statement.includes('system.columns') ? behaviour.columns : 'ok'
    },
  })
  const asked = (what: string) =>
    server.requests.filter(({ statement }) => statement.includes(what)).length
  const exporter = exporterTo({ endpoint: server.url })
  /** Exports rows whose first answer is lost. */
  async function exportTwice(count: number): Promise<void> {
    const requests = server.inserts.length
    behaviour.insert = 'lose the answer'
    const done = exported(exporter, spans(count, `lost ${requests}`))
    await until(() => server.inserts.length > requests)
    behaviour.insert = 'ok'
    await done
    await until(() => statsOf(exporter).waiting === 0)
  }
  return { behaviour, asked, exporter, exportTwice }
}

test.each([
  ['cannot be read', UNREADABLE],
  ['is missing', { status: 503 }],
])(
  'duplicates are counted, each once, although the answer about the columns %s again and again',
  async (_, columns) => {
    const { behaviour, asked, exporter, exportTwice } = await forgetfulServer()
    behaviour.columns = columns
    await exportTwice(10)
    await deduplicationKnown(exporter)
    expect(statsOf(exporter)).toMatchObject({
      deduplication: 'ineffective',
      possibleDuplicates: 10,
    })
    await exported(exporter, spans(5))
    await until(() => asked('system.columns') > 1)
    await exportTwice(3)
    expect(statsOf(exporter)).toMatchObject({ delivered: 18, possibleDuplicates: 13 })
  },
)

test('a question whose answer cannot be read is asked again after the next success, until one can', async () => {
  const { behaviour, asked, exporter, exportTwice } = await forgetfulServer()
  behaviour.engine = UNREADABLE
  await exportTwice(10)
  await until(() => asked('engine_full') === 1)
  expect(statsOf(exporter)).toMatchObject({ deduplication: 'unknown', possibleDuplicates: 0 })
  behaviour.engine = WITHOUT_WINDOW
  behaviour.columns = UNREADABLE
  await eventually(async () => {
    await exported(exporter, spans(1))
    expect(statsOf(exporter)).toMatchObject({
      deduplication: 'ineffective',
      possibleDuplicates: 10,
    })
  })
  behaviour.columns = COLUMNS
  // The indexes come after the columns.
  await eventually(async () => {
    await exported(exporter, spans(1))
    expect(asked('SELECT comment')).toBe(1)
  })
  const questions = asked('system.')
  await exported(exporter, spans(1))
  await exported(exporter, spans(1))
  expect(asked('system.')).toBe(questions)
})

test('how a table differs that refuses our columns is said when the server answers, if not at first', async () => {
  const lines = diagLines()
  const columns = ['["trace_id","String"]', 'Back in a minute.', '["span_id","String"]']
  const server = await scriptedServer({
    each({ isInsert, statement }) {
      if (isInsert) return server.inserts.length === 1 ? 'ok' : { status: 404, code: 16 }
      return statement.includes('system.columns') ? said(columns.shift() ?? '') : 'ok'
    },
  })
  const exporter = exporterTo({ endpoint: server.url, manageSchema: 'validate' })
  await exported(exporter, spans(1))
  await until(() => lines.some((line) => line.includes('span_id is missing')))
  void exported(exporter, spans(1))
  await until(() => lines.some((line) => line.includes('trace_id is missing')))
  expect(columns).toEqual([])
})
