import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname } from 'node:path'
import { writeReliability } from '../../scripts/reliability.mjs'
import { BREAKAGES } from './breakages.mjs'

const FILE = 'docs/reliability/mutants.json'

/** The breakages that the stored results do not call killed. Those that are newer than the results are among them. */
export function leftOver() {
  if (!existsSync(FILE))
    throw new Error(`No results of a whole run are stored: ${FILE} is missing.`)
  const killed = new Set(stored().breakages.filter(isKilled).map(keyOf))
  return BREAKAGES.filter((one) => !killed.has(keyOf(one)))
}

/** Stores the results of all breakages. */
export function storeAll(results, { startedAt, seconds }) {
  store(results, {
    startedAt: startedAt.toISOString(),
    seconds,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
  })
}

/** Puts the results of `leftOver()`, marked as `again`, among those of the whole run before, which keeps its day and its length. */
export function storeAgain(results) {
  const { breakages, ...run } = stored()
  const again = results.map((result) => ({ ...result, again: true }))
  const all = new Map([...breakages, ...again].map((one) => [keyOf(one), one]))
  store(
    BREAKAGES.map((one) => all.get(keyOf(one))),
    run,
  )
}

export function countKilled(results) {
  return results.filter(isKilled).length
}

function store(results, run) {
  mkdirSync(dirname(FILE), { recursive: true })
  const breakages = results.map(({ why: _, ...result }) => result)
  const summary = { ...run, killed: countKilled(results), of: results.length, breakages }
  writeFileSync(FILE, `${JSON.stringify(summary, null, 2)}\n`)
  writeReliability()
}

function stored() {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

function isKilled({ verdict }) {
  return verdict === 'killed'
}

/** Two files may have a breakage of the same name. */
function keyOf({ name, file }) {
  return `${file} ${name}`
}
