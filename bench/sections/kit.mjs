// Helpers that the measurements share, in the worker's process.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { openFeed } from '../records/feed.mjs'
import { startSubject } from '../subjects/subjects.mjs'

const SPANS_PER_TURN = 100
// After so many spans, nearly all code is compiled in its final form.
const WARM_UP = 40_000
const MOST_DIFFERENT = 40_000

/** A subject that has done `warmUp` spans, and a feed that goes on for `spans` more. Other records than spans: `nextRecord` gives them. */
export async function warmedUp(
  { subject: name, shape, spans, warmUp = WARM_UP, ...surroundings },
  nextRecord,
) {
  const nextSpan = nextRecord ?? openFeed(shape, Math.min(warmUp + spans, MOST_DIFFERENT))
  const subject = await startSubject(name, surroundings)
  // Before the warm-up: a collection discards compiled code, and compiling it again would be measured.
  await settle()
  if (warmUp > 0) await push(subject, nextSpan, warmUp)
  return { subject, nextSpan }
}

/** Gives `count` spans as fast as the subject takes them, and waits until each is delivered. */
export async function push(subject, nextSpan, count) {
  const before = subject.delivered()
  let delivered = 0
  // delivered() is called only when the answer can matter: building a subject's statistics at every turn would count as its cost.
  const isFull = (made) => {
    if (made - delivered > subject.maxInFlight) delivered = subject.delivered() - before
    return made - delivered > subject.maxInFlight
  }
  for (let made = 0; made < count; ) {
    for (
      const end = Math.min(made + (subject.perTurn ?? SPANS_PER_TURN), count);
      made < end;
      made++
    )
      subject.take(nextSpan())
    await turn()
    // Sleeps between two looks: looking at every turn would cost main-thread time, too.
    while (isFull(made)) await sleep(2)
  }
  await subject.flush()
  const lost = count - (subject.delivered() - before)
  if (lost !== 0) throw new Error(`${lost} of ${count} spans were lost`)
}

/** Gives spans at a steady pace. Those that fall due while the loop is blocked come all at once, as requests would. */
export async function pace(subject, nextSpan, spansPerSecond, seconds) {
  const total = spansPerSecond * seconds
  const startedAt = performance.now()
  for (let made = 0; made < total; ) {
    await sleep(1)
    const due = ((performance.now() - startedAt) / 1000) * spansPerSecond
    for (; made < Math.min(due, total); made++) subject.take(nextSpan())
  }
}

/** Collects all garbage. It takes time: after a collection, another thread frees the buffers. */
export async function settle() {
  for (let time = 0; time < 2; time++) {
    globalThis.gc()
    await sleep(50)
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4))

/** CPU time in µs of all threads, and of the main thread (null if this platform and Node.js cannot tell). */
export function cpuTimes() {
  // The kernel updates a thread's account when the thread stops running, or else only every few milliseconds.
  Atomics.wait(sleeper, 0, 0, 1)
  const { user, system } = process.cpuUsage()
  return { allUs: user + system, mainUs: mainThreadUs() }
}

function mainThreadUs() {
  // On Linux always this clock: it exists on every version of Node.js, so they can be compared.
  if (process.platform === 'linux') {
    const [ranNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
    return Number(ranNs) / 1000
  }
  if (!process.threadCpuUsage) return null
  const { user, system } = process.threadCpuUsage()
  return user + system
}

/**
 * A server's answer to a statement, or to a plain GET. Not by fetch(): its parser is WebAssembly, which other threads compile at
 * the first use, for some 150 ms of CPU time.
 */
export async function ask(endpoint, statement) {
  const [response] = await once(
    request(endpoint, { method: statement ? 'POST' : 'GET' }).end(statement),
    'response',
  )
  const answer = await text(response)
  if (response.statusCode !== 200) throw new Error(answer)
  return answer
}

/** What a sink received since the last time it was asked. */
export async function countsOf(sink) {
  return JSON.parse(await ask(sink))
}
