import { setTimeout as sleep } from 'node:timers/promises'
import { harmlessJson, parseSearch, type Search, type SpanBrief } from '@spanhouse/queries'
import { ReadError } from '../clickhouse/read-error.js'
import type { OpenReader } from '../config/connect.js'
import { SOURCE_OPTIONS } from '../config/source.js'
import { CommandError } from '../terminal/command-error.js'
import type { Output } from '../terminal/output.js'
import { withProgress } from '../terminal/progress.js'
import type { Command, OptionValues } from './command.js'
import { countOption, durationOption } from './option-values.js'
import { type Follower, follow } from './tail-follow.js'
import { tailJson, tailLines } from './tail-lines.js'
import { untilEnded } from './until-ended.js'

const PAUSE_MS = 1000

export const tail: Command = {
  name: 'tail',
  summary: 'Shows spans as they come, one line each',
  usage: '[options] [search …]',
  positionals: { min: 0, max: 100 },
  options: {
    ...SOURCE_OPTIONS,
    service: { type: 'string', value: 'NAME', multiple: true, help: 'only this service' },
    errors: { type: 'boolean', help: 'only failed spans' },
    slow: {
      type: 'string',
      value: 'TIME',
      help: 'only spans that took at least this long, such as 500ms',
    },
    lines: {
      type: 'string',
      value: 'N',
      help: 'how many earlier spans to show first; default: 10',
    },
    json: { type: 'boolean', help: 'one JSON object a line' },
  },
  examples: [
    ['spanhouse tail', 'the last 10 spans, then every new one'],
    ['spanhouse tail --service shop --errors', 'failed spans of one service'],
    ['spanhouse tail --slow 500ms GET', 'slow spans with GET in their name or attributes'],
    ['spanhouse tail http.route=/users', 'spans with an attribute'],
    ['spanhouse tail --json | jq .name', 'one object a line'],
  ],
  async run(context) {
    const { values, out, err, signal } = context
    const search = searchOf(values, context.positionals)
    const first = countOption(values, 'lines', [0, 10_000]) ?? 10
    const lines = values['json'] === true ? jsonLines : tailLines(out)
    const print = (spans: readonly SpanBrief[]) => out.write(textOf(lines(spans)))
    const work = async ({ reader, table }: OpenReader) => {
      const follower = follow(reader, table, search)
      const begin = () => follower.begin(first, signal)
      print(await withProgress(err, 'Looking for the newest spans', begin))
      await goOn(follower, print, err, signal)
    }
    return untilEnded(context, work, { waits: true })
  },
}

/** Prints what comes until the user ends it. */
async function goOn(
  follower: Follower,
  print: (spans: readonly SpanBrief[]) => void,
  err: Output,
  signal: AbortSignal,
): Promise<void> {
  let goneAt: number | undefined
  while (await pause(signal)) {
    try {
      const spans = await follower.next(signal)
      if (goneAt !== undefined) {
        err.write('ClickHouse answers again.\n')
        follower.afterGap(Date.now() - goneAt)
        goneAt = undefined
      }
      print(spans)
    } catch (error) {
      if (!isPassing(error) || signal.aborted) throw error
      if (goneAt === undefined) err.write(`${error.message} Waiting for it …\n`)
      goneAt ??= Date.now()
    }
  }
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

function jsonLines(spans: readonly SpanBrief[]): string[] {
  return spans.map((span) => harmlessJson(JSON.stringify(tailJson(span))))
}

/** Whether the server may answer the same question later. */
function isPassing(error: unknown): error is ReadError {
  return (
    error instanceof ReadError && (error.problem === 'unreachable' || error.problem === 'limit')
  )
}

/** False when the user has ended the command. */
async function pause(signal: AbortSignal): Promise<boolean> {
  await sleep(PAUSE_MS, undefined, { signal }).catch(() => {})
  return !signal.aborted
}

function searchOf(values: OptionValues, words: readonly string[]): Search {
  const { search, problems } = parseSearch(words.join(' '))
  if (problems.length > 0) throw new CommandError(problems.join(' '), 2)
  const services = values['service']
  const slowMs = durationOption(values, 'slow')
  return {
    ...search,
    ...(Array.isArray(services) && { services: [...(search.services ?? []), ...services] }),
    ...(values['errors'] === true && { status: 'error' }),
    ...(slowMs !== undefined && { minNs: slowMs * 1e6 }),
  }
}
