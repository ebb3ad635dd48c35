// Opens an exporter of each signal, whose spools are on a disk that hangs, and then does what an application does on Node's threads.
// Its argument, as JSON: the exporters' options. It prints, as JSON, how many rows it has exported and what it could do.
import { pbkdf2 } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { openExporter } from '../kit/entry-points.mjs'
import { numbered } from '../kit/numbered-records.mjs'

const options = JSON.parse(process.argv[2])
// A spool waits five seconds for its disk. When each has done so, every call that hangs has been made.
const rows = await Promise.all(Object.keys(numbered).map(exportUntilItHangs))
const work = {
  file: () => readFile(process.argv[1]),
  cipher: () => promisify(pbkdf2)('password', 'salt', 1, 32, 'sha256'),
  compression: () => promisify(gzip)('text'),
  'look-up': () => lookup('localhost'),
}
await Promise.all(Object.values(work).map((does) => does()))
console.log(JSON.stringify({ rows: rows.reduce((sum, one) => sum + one), did: Object.keys(work) }))

async function exportUntilItHangs(signal) {
  const exporter = openExporter(signal, options)
  for (let rows = 1; ; rows++) {
    const startedAt = performance.now()
    const record = numbered[signal]('hung', rows)
    await new Promise((resolve) => exporter.export([record], resolve))
    if (performance.now() - startedAt >= 4500) return rows
  }
}
