import { setTimeout as sleep } from 'node:timers/promises'
import { medianOf } from './answers.mjs'
import { rowsIn } from './audit.mjs'
import { count, milliseconds } from './table.mjs'
import { draw, isLive, say, sayWrapped, width } from './terminal.mjs'

/** What happens, line by line; below it, on a terminal, one line that is kept up to date. */
export function openProgress() {
  const start = Date.now()
  let saidAt = start

  const stamp = () => `${((Date.now() - start) / 1000).toFixed(1).padStart(6)} s  `
  const clear = () => isLive && draw('')

  return {
    event(text) {
      clear()
      sayWrapped(text, stamp())
    },
    /** Parts that do not fit into the line are left out, the last ones first. */
    now(parts) {
      const room = width - 1
      let line = stamp() + parts[0]
      for (const part of parts.slice(1)) {
        if (line.length + 3 + part.length > room) break
        line += ` | ${part}`
      }
      if (isLive) return draw(line)
      // A log needs a line now and then, not four a second.
      if (Date.now() - saidAt < 2000) return
      saidAt = Date.now()
      say(line)
    },
    clear,
  }
}

/** Keeps the progress up to date with the shop's latency, the spans made and the rows in each server. */
export function watchSpans(progress, { shop, load, servers, runId }) {
  let over = false

  async function look() {
    const rows = await Promise.all(servers.map((server) => rowsIn(server, runId, 'traces')))
    const { made, destinations } = (await shop.figures()).traces
    const parts = servers.map(({ name }, i) => {
      if (rows[i] !== undefined) return `${name} ${count(rows[i])}`
      return `${name} down, ${count(destinations[name].waiting)} wait`
    })
    const recent = load.visits.slice(-60)
    const latency = recent.length > 0 ? [`shop ${milliseconds(medianOf(recent))}`] : []
    progress.now([`${count(made)} spans`, ...parts, ...latency])
  }

  async function loop() {
    for (; !over; await sleep(250)) await look()
  }
  // Ignored here: the demo itself fails if a service has a problem.
  const looking = loop().catch(() => {})
  return {
    async stop() {
      over = true
      await looking
      progress.clear()
    },
  }
}
