import { beforeEach } from 'vitest'

// A process prints each warning once for a server. The files of a project share a process, and a server may get the port that an earlier
// test has had: its warning would be left out.
beforeEach(() => {
  delete (globalThis as { [key: symbol]: unknown })[
    Symbol.for('spanhouse.exporter-clickhouse.warned')
  ]
})
