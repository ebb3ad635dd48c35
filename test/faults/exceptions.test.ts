import { describe, expect, onTestFinished, test } from 'vitest'
import { commitsAndThrows, insertsOnly, throws } from '../kit/behaviours.js'
import { MemoryClickHouse } from '../kit/clickhouse-backend.js'
import { STYLES } from '../kit/exceptions.js'
import { allWell } from '../kit/oracle.js'
import { LONG, until } from '../kit/patience.js'
import { answer, ScriptedClickHouse } from '../kit/scripted-clickhouse.js'
import { statsOf } from '../kit/stats.js'
import { Exports, exporterTo } from './exports.js'
import { faultsOf } from './figures.js'

const ROWS = 2
const count = faultsOf('exceptions of ClickHouse')
// ClickHouse has about 800, with gaps, and a few from 1000 on.
const EVERY_CODE = Array.from({ length: LONG ? 1100 : 0 }, (_, n) => n + 1)
// Codes that ClickHouse answers an INSERT with, and a few unknown ones.
const KNOWN_CODES = [
  3, 6, 7, 10, 16, 18, 20, 25, 26, 27, 33, 36, 38, 41, 43, 44, 47, 48, 53, 60, 62, 69, 70, 72, 73,
  80, 81, 107, 115, 117, 128, 130, 131, 135, 158, 159, 164, 190, 192, 193, 194, 195, 198, 201, 202,
  203, 209, 210, 216, 225, 236, 241, 242, 243, 244, 246, 252, 254, 265, 271, 279, 285, 286, 289,
  290, 291, 297, 306, 307, 319, 321, 349, 354, 364, 376, 384, 392, 394, 395, 407, 425, 439, 441,
  452, 467, 469, 497, 516, 574, 675, 676, 691, 722, 733, 735, 745, 999, 1000, 1001, 1002, 1099,
  4711, 65535,
]
// A missing table or database is created within the same attempt.
const MENDED_CODES = new Set([60, 81])
// After these codes the rows may be in the table, so this server stores them.
const AMBIGUOUS_CODES = [3, 33, 159, 209, 210, 319, 394, 425, 735, 999, 1000, 1001, 1002, 4711]

async function exporterBesides(memory: MemoryClickHouse) {
  const server = await new ScriptedClickHouse(memory).listen()
  onTestFinished(() => server.close())
  const exporter = exporterTo({
    endpoint: server.url,
    retry: { initialDelayMs: 1, maxDelayMs: 2 },
  })
  const exports = new Exports(exporter)
  await exports.export(ROWS)
  return { server, exporter, exports }
}

describe.each(STYLES)('an exception in the style of %j', (style) => {
  // The style is read before the code: each code in one of them is enough.
  const codes = LONG
    ? [...new Set([...EVERY_CODE, ...KNOWN_CODES])]
    : KNOWN_CODES.filter((_, n) => n % STYLES.length === STYLES.indexOf(style))

  test('costs no row, whatever its code: each row is stored once when the server has recovered', async () => {
    const memory = new MemoryClickHouse()
    const { server, exporter, exports } = await exporterBesides(memory)
    for (const code of codes) {
      let thrown = false
      server.behaviour = insertsOnly((exchange) => {
        if (thrown) return answer(exchange)
        thrown = true
        count(`nothing stored, said in the style of ${style}`)
        return throws({ code }, style)(exchange)
      })
      await exports.export(ROWS)
      await until(() => statsOf(exporter).waiting === 0).catch(() => {
        throw new Error(`code ${code}: the rows still wait`)
      })
      expect({ code, thrown, delivered: statsOf(exporter).delivered }).toEqual({
        code,
        thrown: true,
        delivered: exports.made,
      })
    }
    const errors = codes.filter((code) => !MENDED_CODES.has(code)).length
    expect(statsOf(exporter)).toMatchObject({ dropped: {}, errors })
    const { rows } = memory.table('telemetry.traces')
    expect(exports.oracle.judge('primary', rows)).toEqual(allWell(exports.made))
    expect(exports.answers).toEqual(Array(codes.length + 1).fill(1))
  })

  test('after the commit, where that is possible, doubles no row', async () => {
    const memory = new MemoryClickHouse()
    const { server, exporter, exports } = await exporterBesides(memory)
    for (const code of AMBIGUOUS_CODES) {
      const { insertsBegun } = server
      count(`stored, said in the style of ${style}`)
      server.behaviour = insertsOnly((exchange) =>
        server.insertsBegun === insertsBegun + 1
          ? commitsAndThrows({ code }, style)(exchange)
          : answer(exchange),
      )
      await exports.export(ROWS)
      await until(() => statsOf(exporter).waiting === 0)
    }
    const table = memory.table('telemetry.traces')
    expect(exports.oracle.judge('primary', table.rows)).toEqual(allWell(exports.made))
    expect(table).toMatchObject({ deduplicated: AMBIGUOUS_CODES.length, misused: [] })
    expect(statsOf(exporter)).toMatchObject({ dropped: {}, possibleDuplicates: 0 })
  })
})
