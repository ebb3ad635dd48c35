import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Check, type Found, ok, problem, warning } from '../check.js'
import type { Surroundings } from '../facts.js'

/** What is configured, where it comes from, and what is wrong with it. Options given in code are not known here. */
export const configuration: Check<Surroundings> = {
  id: 'configuration',
  title: 'configuration',
  run({ gathered, settings, wishes, env, cwd }) {
    const shown = settings.filter(({ source }) => wishes.verbose || source !== 'default')
    const found: Found[] = shown.map(({ destination, option, value, source }) =>
      ok(`${destination === undefined ? '' : `${destination}: `}${option} = ${value} (${source})`),
    )
    const problems = gathered.problems.map((text) => problem(sentence(text)))
    const doubts = gathered.doubts.map((text) => warning(sentence(text)))
    if (shown.length === 0 && problems.length === 0)
      found.push(ok('nothing is set here, so every option has its default'))
    return [...found, ...doubts, ...envFileFindings(env, cwd), ...problems]
  },
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

const FILES = ['.env.local', '.env']

/** Applications read such files themselves; neither Node.js nor this command does. Only names are looked at. */
function envFileFindings(env: NodeJS.ProcessEnv, cwd: string): Found[] {
  return FILES.flatMap((file) => {
    const missing = namesIn(join(cwd, file)).filter((name) => env[name] === undefined)
    const [first] = missing
    if (first === undefined) return []
    const more = missing.length > 1 ? ` and ${missing.length - 1} more` : ''
    return [
      warning(
        `${first}${more} in ${file} does not count here, because the file is not loaded`,
        `Run it with the file: node --env-file=${file} node_modules/spanhouse/dist/cli.js doctor`,
      ),
    ]
  })
}

const MAX_FILE_LENGTH = 200_000

function namesIn(path: string): string[] {
  try {
    const text = readFileSync(path, 'utf8').slice(0, MAX_FILE_LENGTH)
    return [...text.matchAll(/^\s*(?:export\s+)?(OTEL_[A-Z0-9_]{1,100})\s*=/gm)].map(
      ([, name = '']) => name,
    )
  } catch {
    return []
  }
}
