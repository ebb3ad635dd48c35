import { SOURCE_OPTIONS } from '../config/source.js'
import { type SourceToRead, sourceToRead } from '../local/source-to-read.js'
import type { Command } from './command.js'
import { openBrowser, PAGE_OPTIONS, sayIfUnreadable, servePage, untilEnd } from './page.js'
import { startupLines } from './startup-lines.js'

export const ui: Command = {
  name: 'ui',
  summary: 'Shows the traces of any ClickHouse, in our tables or those of the Collector, as a page',
  usage: '[options]',
  options: { ...SOURCE_OPTIONS, ...PAGE_OPTIONS },
  examples: [
    ['spanhouse ui', 'the ClickHouse that the exporter sends to, or that of spanhouse dev'],
    [
      'spanhouse ui --endpoint https://reader@ch.example:8443',
      'another ClickHouse; the password comes from OTEL_EXPORTER_CLICKHOUSE_PASSWORD',
    ],
    ['spanhouse ui --port 5000 --open', 'at another port; opens it in the browser'],
  ],
  async run(context) {
    const { values, out, err, signal } = context
    const source = await sourceToRead(context)
    for (const warning of source.warnings) err.write(`spanhouse: ${warning}\n`)
    const page = await servePage(context, source)
    try {
      const { url } = source.connection
      const note = noteOn(source)
      out.write(startupLines(out, { page: page.url, clickhouse: url, note, lines: [] }))
      if (values['open'] === true) openBrowser(page.urlForOneVisit())
      await Promise.all([untilEnd(signal), sayIfUnreadable(context, source)])
      return 0
    } finally {
      await page.close()
    }
  },
}

function noteOn({ startedBy, isGuess }: SourceToRead): string | undefined {
  if (startedBy !== undefined) return `of spanhouse dev, process ${startedBy}, and ends with it`
  return isGuess ? 'the usual address: nothing names another one' : undefined
}
