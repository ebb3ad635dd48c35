import { warningAbout } from '../application/environment.js'
import { linesToCopy } from '../application/lines.js'
import {
  endpointIn,
  isConfigured,
  SOURCE_OPTIONS,
  type Source,
  sourceFor,
} from '../config/source.js'
import { type LocalServer, openLocalServer } from '../local/local-server.js'
import type { PageServer } from '../page/server.js'
import { CommandError } from '../terminal/command-error.js'
import { withProgress } from '../terminal/progress.js'
import { USAGE_EXIT_CODE } from './arguments.js'
import type { Command, Context } from './command.js'
import { openBrowser, PAGE_OPTIONS, portIn, servePage, untilEnd } from './page.js'
import { runRegistered } from './registered.js'
import { startupLines } from './startup-lines.js'

/** Options that are about a server of our own. */
const LOCAL_OPTIONS = {
  fresh: { type: 'boolean', help: 'remove the traces of earlier runs first' },
  'in-memory': { type: 'boolean', help: 'keep the traces in memory only, until the command ends' },
  data: {
    type: 'string',
    value: 'DIR',
    help: "folder for the traces (node_modules/.cache/spanhouse of the project, or the user's cache)",
  },
} as const

export const dev: Command = {
  name: 'dev',
  summary: 'Starts a ClickHouse and a page with the traces of your application, as they come',
  usage: '[options] [-- node app.js]',
  options: {
    ...LOCAL_OPTIONS,
    ...SOURCE_OPTIONS,
    endpoint: {
      ...SOURCE_OPTIONS.endpoint,
      help: 'a ClickHouse of your own, such as http://localhost:8123, instead of starting one',
    },
    ...PAGE_OPTIONS,
    exit: { type: 'boolean', help: 'end when the application ends, instead of waiting for Ctrl-C' },
  },
  takesCommand: true,
  examples: [
    ['spanhouse dev -- node app.js', 'starts app.js too; it needs no code for tracing'],
    ['spanhouse dev -- npm run dev', 'the same for a script of package.json'],
    ['spanhouse dev', 'prints the lines that start the application in another terminal'],
    ['spanhouse dev --fresh -- next dev', 'without the traces of earlier runs'],
    ['spanhouse dev --endpoint http://localhost:8123', 'with a ClickHouse of your own'],
  ],
  async run(context) {
    portIn(context.values['port'])
    const local = await openLocal(context).catch((error) => {
      // Ctrl-C may reach a server that is just being started.
      if (context.signal.aborted) return undefined
      throw error
    })
    try {
      if (context.signal.aborted) return 0
      return await serve(context, local)
    } finally {
      await local?.stop()
    }
  },
}

/** Starts ClickHouse, unless the command line or the environment names one. */
async function openLocal({ values, env, cwd, err }: Context): Promise<LocalServer | undefined> {
  const { fresh, 'in-memory': inMemory, data, endpoint, user } = values
  const isAsked = fresh === true || inMemory === true || data !== undefined
  const isNamed = endpoint !== undefined || user !== undefined
  if (isAsked && isNamed)
    throw new CommandError(
      '--endpoint names a ClickHouse of your own, and --fresh, --in-memory and --data are about one that is started: leave one of them out.',
      USAGE_EXIT_CODE,
    )
  if (inMemory === true && data !== undefined)
    throw new CommandError(
      '--in-memory keeps no data, and --data says where to keep it: leave one of them out.',
      USAGE_EXIT_CODE,
    )
  if (isNamed || (!isAsked && isConfigured(env))) return undefined
  return withProgress(err, 'Starting ClickHouse', () =>
    openLocalServer({
      cwd,
      env,
      data: typeof data === 'string' ? data : undefined,
      fresh: fresh === true,
      inMemory: inMemory === true,
    }),
  )
}

async function serve(context: Context, local: LocalServer | undefined): Promise<number> {
  const { values, rest, env, out, err, signal } = context
  const source = sourceOf(context, local)
  for (const warning of source.warnings) err.write(`spanhouse: ${warning}\n`)
  const page = await servePage(context, source)
  try {
    const hasCommand = rest.length > 0
    // The output of the application stays as it is, so ours goes beside it.
    const place = hasCommand ? err : out
    const { url } = source.connection
    const lines = hasCommand ? [] : linesToCopy(url, context.cwd)
    place.write(
      startupLines(place, { page: page.url, clickhouse: url, note: noteOn(local), lines }),
    )
    if (values['open'] === true) openBrowser(page.urlForOneVisit())
    const lost = lostServer(local)
    if (!hasCommand) {
      await Promise.race([untilEnd(signal), lost])
      return 0
    }
    const warning = warningAbout(env)
    if (warning) err.write(`spanhouse: ${warning}\n`)
    return await withApplication(context, local, page, lost)
  } finally {
    await page.close()
  }
}

/** Runs the application. On a terminal the page stays after it: whoever runs a short script wants to see its traces. */
async function withApplication(
  context: Context,
  local: LocalServer | undefined,
  page: PageServer,
  lost: Promise<never>,
): Promise<number> {
  const { values, err, signal } = context
  const code = await runRegistered(
    context,
    local
      ? { endpoint: local.url, isLocal: true, isQuick: true }
      : { ...endpointIn(values), isQuick: true },
  )
  if (signal.aborted || values['exit'] === true || !err.isTerminal) return code
  const how = code === 0 ? 'has ended' : `has ended with exit code ${code}`
  err.write(`\n  The application ${how}. Its traces stay at ${page.url} until Ctrl-C.\n`)
  await Promise.race([untilEnd(signal), lost])
  return code
}

function sourceOf(context: Context, local: LocalServer | undefined): Source {
  if (!local) return sourceFor(context)
  // Names of tables in the configuration are still those that the application writes.
  const { target, logs } = sourceFor({ values: { endpoint: local.url }, env: context.env })
  return {
    connection: { url: local.url, username: 'default', password: '', headers: {}, tls: {} },
    target,
    logs,
    warnings: [],
  }
}

function noteOn(local: LocalServer | undefined): string | undefined {
  if (!local) return undefined
  if (local.startedBy !== undefined)
    return `started by process ${local.startedBy}, and ends with it`
  return local.folder === undefined ? 'its data ends with it' : `data in ${local.folder}`
}

/** Rejects if our own server ends by itself. */
function lostServer(local: LocalServer | undefined): Promise<never> {
  const lost = (local?.exited ?? new Promise<void>(() => {})).then(() => {
    throw new CommandError('ClickHouse has ended by itself: start spanhouse dev again.')
  })
  lost.catch(() => {}) // nobody may be waiting when it is stopped
  return lost
}
