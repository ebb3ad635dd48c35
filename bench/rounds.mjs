// Runs measurements, each in a fresh process, in turn: A B C A B C, so that what the machine does meanwhile meets all alike.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const WORKER = fileURLToPath(new URL('worker/worker.mjs', import.meta.url))
const TIMEOUT_MS = 180_000

/**
 * `jobs`: by key, what worker.mjs is told, with `flags` for its Node and a command before it (`pin`).
 * Resolves with the measurements of each key by round, and with what was refused and why.
 */
export async function interleaved(jobs, rounds, node, onMeasured = () => {}) {
  const left = new Map(Object.entries(jobs))
  const measured = Object.fromEntries([...left.keys()].map((key) => [key, []]))
  const refused = {}
  for (let round = 0; round < rounds; round++)
    for (const [key, job] of left) {
      onMeasured(key, round)
      const measurement = await measure(job, node).catch((error) => {
        throw new Error(`${key}: ${error.message}`)
      })
      if (measurement.refused === undefined) measured[key].push(measurement)
      else {
        refused[key] = measurement.refused
        left.delete(key)
        delete measured[key]
      }
    }
  return { measured, refused }
}

async function measure({ flags = [], pin = [], ...job }, node) {
  const [command, ...args] = [
    ...pin,
    node.path,
    '--expose-gc',
    ...flags,
    WORKER,
    JSON.stringify(job),
  ]
  const { stdout } = await promisify(execFile)(command, args, { timeout: TIMEOUT_MS })
  return JSON.parse(stdout)
}
