import { readdir, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { DestinationConfig, TableName } from '#exporter'
import { namedDestination } from '../config/named-destination.js'
import { configOf, SOURCE_OPTIONS } from '../config/source.js'
import { openDestination, type ReplayDestination } from '../replay/destination.js'
import { letterFiles, replayFile, type SendBatch } from '../replay/letter-file.js'
import { replayTable } from '../replay/letter-table.js'
import { sendLetters } from '../replay/send-letters.js'
import { isSpool } from '../replay/spool.js'
import { newTally, type Tally } from '../replay/tally.js'
import { CommandError } from '../terminal/command-error.js'
import { withProgress } from '../terminal/progress.js'
import { type ShowPath, showsPaths } from '../terminal/shown-path.js'
import type { Command, Context } from './command.js'
import { textOption } from './option-values.js'
import { replaySpools } from './replay-spool.js'
import { replayedAsText } from './replay-text.js'
import { verdict } from './verdict.js'

export const replay: Command = {
  name: 'replay',
  summary:
    'Sends dead letters, and what ended processes left in a spool, once their cause is mended',
  usage: '[options] FOLDER|FILE|DATABASE.TABLE',
  positionals: { min: 1, max: 1 },
  options: {
    endpoint: {
      type: 'string',
      value: 'URL|NAME',
      help: 'where the rows go: a ClickHouse, or a destination of the configuration by its name; default: the configured one',
    },
    destination: {
      type: 'string',
      value: 'NAME',
      help: "of a spool: only this destination's rows; default: all",
    },
    table: {
      type: 'string',
      value: 'DATABASE.TABLE',
      help: 'of dead letters: send them to this table instead of the one that refused them',
    },
    user: SOURCE_OPTIONS.user,
  },
  examples: [
    ['spanhouse replay ./dead-letters', 'every file of dead letters in this folder'],
    ['spanhouse replay telemetry.dead_letters', 'the rows of this table, on the server itself'],
    [
      'spanhouse replay /var/spool/app --endpoint https://new:8443',
      'what ended processes left there',
    ],
  ],
  run: (context) =>
    verdict(
      context,
      'The replay was interrupted. It goes on where it stopped when it is started again.',
      () => run(context),
    ),
}

async function run(context: Context): Promise<number> {
  const { positionals, cwd } = context
  const [named = ''] = positionals
  const path = resolve(cwd, named)
  const show = showsPaths(cwd, named)
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) {
    const names = await readdir(path)
    if (await isSpool(path, names)) return replaySpools(context, path, show)
  }
  const isLetters = found?.isDirectory() || path.endsWith('.ndjson')
  const files = isLetters ? await letterFiles(path).catch(() => []) : []
  if (files.length > 0) return replayLetters(context, filesOf(files, show))
  if (found?.isDirectory()) {
    context.out.write(`There are no dead letters and no spool in ${show(path)}.\n`)
    return 0
  }
  const table = found ? undefined : tableNamed(named)
  if (table === undefined)
    throw new CommandError(
      found
        ? `${show(path)} is no file of dead letters: those end with .ndjson.`
        : `There is no file or folder ${show(path)}. A table of dead letters is named as DATABASE.TABLE.`,
    )
  return replayLetters(context, (destination, send, tally) =>
    replayTable(destination, table, send, tally, context.signal),
  )
}

type Source = (destination: ReplayDestination, send: SendBatch, tally: Tally) => Promise<void>

function filesOf(files: readonly string[], show: ShowPath): Source {
  return async ({ config }, send, tally) => {
    const { database } = config.targets[0]
    for (const file of files) await replayFile(file, database, send, tally, show)
  }
}

async function replayLetters(context: Context, source: Source): Promise<number> {
  const { values, out, err, signal } = context
  const other = textOption(values, 'table')
  const at = other === undefined ? undefined : tableNamed(other)
  if (other !== undefined && at === undefined)
    throw new CommandError('--table must be DATABASE.TABLE.')
  const destination = openDestination(destinationOf(context))
  try {
    const tally = await withProgress(err, `Sending to ${destination.url}`, async (progress) => {
      const counts = newTally(({ delivered, there, refused }) =>
        progress.say(`${delivered} rows sent, ${there} were there, ${refused} refused again`),
      )
      const send: SendBatch = (letters, batch) =>
        sendLetters(
          destination,
          at ? letters.map((letter) => ({ ...letter, at })) : letters,
          batch,
          signal,
        )
      await source(destination, send, counts)
      return counts
    })
    out.write(replayedAsText(tally, destination.url))
    return tally.refused + tally.unreadable > 0 ? 1 : 0
  } finally {
    await destination.close()
  }
}

function destinationOf(context: Context): DestinationConfig {
  const { values, env } = context
  const named = textOption(values, 'endpoint')
  if (named !== undefined) return namedDestination(named, 'traces', context)
  const [first] = configOf('traces', {}, env).destinations
  if (first) return first
  throw new CommandError('The configuration names no ClickHouse: give --endpoint URL.')
}

function tableNamed(text: string): TableName | undefined {
  const [, database, table] = /^([^./\\]+)\.([^/\\]+)$/s.exec(text) ?? []
  return database === undefined || table === undefined ? undefined : { database, table }
}
