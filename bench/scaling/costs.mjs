// The measured costs, as they are committed.
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const FILE = fileURLToPath(new URL('costs.json', import.meta.url))

export function readCosts() {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

export function writeCosts(measured) {
  const rounded = (_key, value) =>
    typeof value === 'number' ? Number(value.toPrecision(3)) : value
  writeFileSync(FILE, `${JSON.stringify(measured, rounded, 2)}\n`)
}
