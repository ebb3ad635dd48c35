import { asUrl, isConfigured } from '../config/source.js'
import { examine, type Section } from '../doctor/examine.js'
import { type Surroundings, surroundingsOf } from '../doctor/facts.js'
import { type Mended, mend, remediesIn } from '../doctor/mend.js'
import type { Remedy } from '../doctor/remedy.js'
import { reportAsJson } from '../doctor/report/as-json.js'
import { remediesAsText, sectionAsText, summaryAsText } from '../doctor/report/as-text.js'
import { countsOf, exitCodeOf } from '../doctor/report/verdict.js'
import { serverOfDev } from '../local/source-to-read.js'
import { CommandError } from '../terminal/command-error.js'
import { startProgress, withProgress } from '../terminal/progress.js'
import type { Command, Context } from './command.js'
import { verdict } from './verdict.js'

export const doctor: Command = {
  name: 'doctor',
  summary: 'Says what is wrong between your application and ClickHouse, and how to mend it',
  usage: '[options]',
  options: {
    endpoint: {
      type: 'string',
      value: 'URL',
      help: 'check this ClickHouse, such as https://user@host:8443, instead of those in the environment or the file',
    },
    json: { type: 'boolean', help: 'the report as JSON; its form is stable' },
    fix: { type: 'boolean', help: 'also print what would mend the findings' },
    yes: {
      type: 'boolean',
      short: 'y',
      help: 'with --fix: run what is safe, and check again; nothing is dropped, no rights are given',
    },
    'no-test-span': { type: 'boolean', help: 'do not send a test span' },
    verbose: { type: 'boolean', help: 'also show options that have their default' },
  },
  examples: [
    ['spanhouse doctor', "in your application's folder, with its environment: checks everything"],
    ['spanhouse doctor --fix --yes', 'creates what is missing, and checks again'],
    ['spanhouse doctor --json', 'for CI: exit code 0 means ok, 1 warnings, 2 problems'],
  ],
  run: (context) => verdict(context, 'The examination was interrupted.', () => run(context)),
}

async function run(context: Context): Promise<number> {
  const { values, out } = context
  if (values['yes'] === true && values['fix'] !== true)
    throw new CommandError('--yes belongs to --fix: spanhouse doctor --fix --yes.')
  const isJson = values['json'] === true
  const show = (sections: readonly Section[]) => {
    if (isJson) return
    for (const section of sections) out.write(`${sectionAsText(out, section)}\n`)
  }
  const { surroundings, sections: first } = await checked(context)
  const remedies = values['fix'] === true ? remediesIn(first) : []
  const isToRun = values['yes'] === true && remedies.some(({ isSafe }) => isSafe)
  show(first)
  const mended = isToRun ? await mending(remedies, surroundings, context) : undefined
  if (values['fix'] === true && !isJson) out.write(`${remediesAsText(out, remedies, mended)}\n`)
  const sections = mended ? (await checked(context)).sections : first
  if (mended) show(sections)
  out.write(isJson ? reportAsJson(sections, mended) : summaryAsText(out, sections))
  return exitCodeOf(countsOf(sections))
}

async function checked(
  context: Context,
): Promise<{ surroundings: Surroundings; sections: readonly Section[] }> {
  const { values, env, cwd, err, signal } = context
  const endpoint = values['endpoint']
  const given = typeof endpoint === 'string' ? asUrl(endpoint) : undefined
  const ofDev = given === undefined && !isConfigured(env) ? await serverOfDev(context) : undefined
  const surroundings = surroundingsOf(ofDev ? withoutCredentials(env) : env, cwd, {
    endpoint: given ?? ofDev?.url,
    endpointFrom: ofDev ? `spanhouse dev, process ${ofDev.pid}` : '--endpoint',
    testSpan: values['no-test-span'] !== true,
    verbose: values['verbose'] === true,
  })
  const sections = await examine(surroundings, {
    signal,
    begin: (title) => startProgress(err, `checking: ${title}`).end,
  })
  return { surroundings, sections }
}

/** The server of `spanhouse dev` has no users: credentials in the environment are for another one. */
function withoutCredentials(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { OTEL_EXPORTER_CLICKHOUSE_USERNAME, OTEL_EXPORTER_CLICKHOUSE_PASSWORD, ...rest } = env
  return rest
}

function mending(
  remedies: readonly Remedy[],
  { destinations }: Surroundings,
  { err, signal }: Context,
): Promise<Mended[]> {
  return withProgress(err, 'mending', () => mend(remedies, destinations, signal))
}
