import { readFileSync } from 'node:fs'

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** CPU time in µs: of all threads, and of the main thread (null where this platform and Node cannot tell). */
export function cpuTimes() {
  // The kernel brings a thread's account up to date when it stops running, or at the next tick of some milliseconds.
  Atomics.wait(sleeper, 0, 0, 1)
  const { user, system } = process.cpuUsage()
  return { allUs: user + system, mainUs: mainThreadUs() }
}

function mainThreadUs() {
  // First, as it is there on every Node: the same clock for all of them.
  if (process.platform === 'linux') {
    const [ranNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
    return Number(ranNs) / 1000
  }
  if (!process.threadCpuUsage) return null
  const { user, system } = process.threadCpuUsage()
  return user + system
}
