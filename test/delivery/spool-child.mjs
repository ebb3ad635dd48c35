// Exports rows of some signals without end and prints those that were acknowledged, each as its signal and id, until it is killed.
// Its two arguments, as JSON: the exporters' options, and the signals.
import { randomBytes, randomInt } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openExporter } from '../kit/entry-points.mjs'
import { numbered, spanIdOf } from '../kit/numbered-records.mjs'

const [options, signals] = process.argv.slice(2).map((argument) => JSON.parse(argument))
const AT_ONCE = 2

function exportForEver(signal) {
  const exporter = openExporter(signal, options)
  const run = randomBytes(4).toString('hex')
  let made = 0
  const exportMore = () => {
    const numbers = Array.from({ length: 1 + randomInt(50) }, () => made++)
    const rows = numbers.map((number) => numbered[signal](run, number, { resource: 0 }))
    exporter.export(rows, ({ code }) => {
      const lines = numbers.map((number) => `${signal} ${spanIdOf(run, number)}\n`)
      if (code === 0) writeSync(1, lines.join(''))
      // As fast as it is answered, but for a destination that answers nothing.
      setTimeout(exportMore, 10)
    })
  }
  for (let started = 0; started < AT_ONCE; started++) exportMore()
}

for (const signal of signals) exportForEver(signal)
