import { settle } from './settle.mjs'

const MIB = 1024 * 1024

/** Heap with buffers and what else the heap's objects hold outside of it, and all of the process. */
export function memoryUsage() {
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heapMiB: (heapUsed + external) / MIB, residentMiB: rss / MIB }
}

/** The same without what nobody holds any more. */
export async function memoryHeld() {
  await settle()
  return memoryUsage()
}

/** The most that was in use at any moment of the work. */
export async function memoryPeak(work) {
  const peak = memoryUsage()
  const timer = setInterval(() => {
    const now = memoryUsage()
    for (const what of Object.keys(peak)) peak[what] = Math.max(peak[what], now[what])
  }, 20)
  await work()
  clearInterval(timer)
  return peak
}
