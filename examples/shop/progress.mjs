import { setTimeout as sleep } from 'node:timers/promises'
import { rowsIn } from './audit.mjs'
import { count } from './table.mjs'
import { draw, isLive, say } from './terminal.mjs'

/** What happens, line by line; below it, on a terminal, one line that is kept up to date. */
export function openProgress() {
  const start = Date.now()
  let saidAt = start

  const stamped = (text) => `${((Date.now() - start) / 1000).toFixed(1).padStart(6)} s  ${text}`
  const clear = () => isLive && draw('')

  return {
    event(text) {
      clear()
      say(stamped(text))
    },
    now(text) {
      if (isLive) return draw(stamped(text))
      // A log wants a line now and then, not four a second.
      if (Date.now() - saidAt < 2000) return
      saidAt = Date.now()
      say(stamped(text))
    },
    clear,
  }
}

/** Keeps the progress up to date with the spans made and the rows in each server. */
export function watchSpans(progress, { shop, servers, runId }) {
  let over = false

  async function look() {
    const rows = await Promise.all(servers.map((server) => rowsIn(server, runId)))
    const { made, destinations } = await shop.figures()
    const parts = servers.map(({ name }, i) => {
      const { waiting } = destinations[name]
      const held = rows[i] === undefined ? '  down' : `${count(rows[i]).padStart(6)} rows`
      return `${name} ${held}${waiting > 0 ? `, ${count(waiting)} waiting` : ''}`
    })
    progress.now([`${count(made).padStart(6)} spans made`, ...parts].join('  |  '))
  }

  async function loop() {
    for (; !over; await sleep(250)) await look()
  }
  // Whatever is wrong with a service shows in the story itself.
  const looking = loop().catch(() => {})
  return {
    async stop() {
      over = true
      await looking
      progress.clear()
    },
  }
}
