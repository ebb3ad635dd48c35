// Results as JSON, a file for each major version of Node.js: the committed ones, and those of the last run.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const COMMITTED = fileURLToPath(new URL('results', import.meta.url))
const LATEST = fileURLToPath(new URL('../.cache/bench', import.meta.url))

export function readCommitted(major) {
  return read(join(COMMITTED, fileOf(major)))
}

/** All of them, the oldest Node.js first. */
export function readAllCommitted() {
  return readdirSync(COMMITTED)
    .map((file) => read(join(COMMITTED, file)))
    .sort((a, b) => a.major - b.major)
}

/** Keeps the committed figures of sections that were not measured this time. */
export function commit(result) {
  const sections = { ...readCommitted(result.major)?.sections, ...result.sections }
  write(COMMITTED, { ...result, sections })
}

/** Returns the path of the file. */
export function keepLatest(result) {
  return write(LATEST, result)
}

function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

function write(folder, result) {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, fileOf(result.major))
  writeFileSync(file, `${JSON.stringify(result, rounded, 1)}\n`)
  return file
}

function rounded(_key, value) {
  return typeof value === 'number' ? Number(value.toPrecision(6)) : value
}

function fileOf(major) {
  return `node-${major}.json`
}
