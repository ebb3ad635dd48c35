// @clickhouse/client as its users insert with it: row objects, 512 at a time or once a second.
import { createClient } from '@clickhouse/client'
import { rowOf } from './row-object.mjs'

const MAX_ROWS = 512

export function start({ endpoints: [url] }) {
  const client = createClient({ url, database: 'telemetry', compression: { request: true } })
  const inserts = new Set()
  let rows = []
  let delivered = 0
  setInterval(send, 1000).unref()

  function send() {
    if (rows.length === 0) return
    const values = rows
    rows = []
    const insert = client
      .insert({ table: 'traces', values, format: 'JSONEachRow' })
      .then(
        () => {
          delivered += values.length
        },
        (error) => console.error(error.message),
      )
      .finally(() => inserts.delete(insert))
    inserts.add(insert)
  }

  return {
    take(span) {
      rows.push(rowOf(span))
      if (rows.length === MAX_ROWS) send()
    },
    delivered: () => delivered,
    async flush() {
      send()
      await Promise.all(inserts)
    },
    maxInFlight: 4 * MAX_ROWS,
  }
}
