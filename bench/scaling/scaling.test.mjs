import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { asMarkdown } from '../report/tables.mjs'
import { readCosts } from './costs.mjs'
import { limitOf, loadOf, shardsFor } from './fleet.mjs'
import { simulatePartition } from './merges.mjs'
import { costTable, fleetTable, modelled, realityTable } from './tables.mjs'

const measured = readCosts()
const { costs } = measured
const fleet = {
  processes: 1000,
  rowsPerSecond: 20,
  batch: { maxRows: 10_000, maxDelayMs: 1000 },
  shards: 1,
  cores: 16,
  asyncInsert: false,
}

const page = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8')

describe('docs/scaling.md', () => {
  test('shows what its command prints', () => {
    const command = /^npm run bench:scaling -- (--model) /m.exec(page)
    const run = fileURLToPath(new URL('run.mjs', import.meta.url))
    const printed = execFileSync(process.execPath, [run, command[1]], { encoding: 'utf8' })
    const shown = ['costs', 'reality', 'fleets'].flatMap((block) => {
      const [, text] = new RegExp(`<!-- bench:${block} -->(.*?)<!-- /bench`, 's').exec(page)
      return text.match(/^\|.*\|$/gm).filter((line) => !line.startsWith('|--'))
    })
    expect(printed.split('\n').filter(Boolean).map(cells)).toEqual(
      shown.map((line) => cells(line.slice(2, -2).replaceAll('*', '').replaceAll(' | ', '   '))),
    )
  })

  test.each([
    ['costs', costTable],
    ['reality', realityTable],
    ['fleets', fleetTable],
  ])('shows what the committed figures give: %s', (_, tableOf) => {
    expect(page).toContain(asMarkdown(tableOf(measured)))
  })

  test('the model has no fewer than half of the parts that a real partition had, and no more than twice as many', () => {
    expect(measured.reality.length).toBeGreaterThan(1)
    for (const one of measured.reality) {
      expect(modelled(measured, one)).toBeGreaterThan(one.most / 2)
      expect(modelled(measured, one)).toBeLessThan(one.most * 2)
    }
  })
})

/** What stands in a line of a table of text, whose columns are three spaces apart. */
function cells(line) {
  return line.split(/ {3,}/).map((text) => text.trim())
}

describe('a partition', () => {
  test('keeps few parts if merges keep up, and delays INSERTs if they cannot', () => {
    const rate = { rowsPerInsert: 20, perMerge: 0.01, perRow: 1e-6, seconds: 120 }
    const steady = simulatePartition({ ...rate, insertsPerSecond: 10, cores: 2 })
    expect(steady.most).toBeLessThan(60)
    expect(steady.delayedAfter).toBeUndefined()
    const crowded = simulatePartition({ ...rate, insertsPerSecond: 2000, cores: 0.01 })
    expect(crowded.delayedAfter).toBeLessThan(1)
  })

  test('has as many parts as INSERTs while none is merged', () => {
    const rate = { insertsPerSecond: 10, rowsPerInsert: 1, cores: 1, perRow: 0, seconds: 10 }
    expect(simulatePartition({ ...rate, perMerge: 1e9 }).most).toBe(100)
  })
})

describe('a fleet', () => {
  test('makes an INSERT a second for each process, or one a batch if those are full earlier', () => {
    expect(loadOf(fleet, costs)).toMatchObject({ insertsPerSecond: 1000, rowsPerInsert: 20 })
    const full = { ...fleet, rowsPerSecond: 30_000, processes: 1 }
    expect(loadOf(full, costs)).toMatchObject({ insertsPerSecond: 3, rowsPerInsert: 10_000 })
  })

  test('shares its INSERTs and its rows among the shards', () => {
    const { insertsPerSecond, rows } = loadOf({ ...fleet, shards: 10 }, costs)
    expect([insertsPerSecond, rows]).toEqual([100, 2000])
    const { shards, rows: each } = shardsFor({ ...fleet, processes: 10_000 }, costs)
    expect(shards * each).toBeCloseTo(10_000 * 20)
  })

  test('needs fewer shards the longer its processes gather rows, and the fewest that do are enough', () => {
    const large = { ...fleet, processes: 20_000 }
    const needed = [1000, 10_000, 60_000].map((maxDelayMs) => {
      const one = { ...large, batch: { ...fleet.batch, maxDelayMs } }
      const { shards } = shardsFor(one, costs)
      expect(limitOf(loadOf({ ...one, shards }, costs), one)).toBeUndefined()
      return shards
    })
    expect(needed).toEqual([...needed].sort((a, b) => b - a))
    expect(needed[0]).toBeGreaterThan(needed[2])
  })

  test('makes five parts a second at most if the server gathers rows', () => {
    expect(loadOf({ ...fleet, asyncInsert: true }, costs).partsPerSecond).toBe(5)
  })
})
