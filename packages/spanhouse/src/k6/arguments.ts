import { basename } from 'node:path'

export interface K6Files {
  /** Where k6 writes its samples. */
  readonly output: string
  /** Where k6 writes its summary, unless the user has named a file. */
  readonly summary: string
}

export interface K6Arguments {
  readonly command: readonly string[]
  /** Where the summary will be. */
  readonly summary: string
}

const CONTAINERS = /^(docker|podman|nerdctl|kubectl)(\.exe)?$/
/** They run no test here, and the word `run` may follow them. */
const OTHER_COMMANDS = /^(archive|cloud|completion|deps|help|inspect|login|new|x)$/
const NAMED_K6 = /^k6([-_][\w-]*)?(\.exe)?$/

/** Whether a word of the command line is the program k6, or one built with extensions, such as `./k6-kafka`. */
export function isK6(word: string): boolean {
  return NAMED_K6.test(basename(word.replaceAll('\\', '/')))
}

/**
 * The command with our output and, if the user has none, a summary file, right after `run`. Throws an Error, as a sentence without its full
 * stop, for a command that runs no test here.
 */
export function withOutput(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  { output, summary }: K6Files,
): K6Arguments {
  const [program = ''] = command
  if (CONTAINERS.test(basename(program)))
    throw new Error(
      'k6 in a container cannot reach the output of this command: write … k6 run --out json=- script.js | spanhouse k6',
    )
  const k6 = Math.max(command.findIndex(isK6), 0)
  const run = command.indexOf('run', k6 + 1)
  const other = command.slice(k6 + 1, run < 0 ? undefined : run).find(isOtherCommand)
  if (other === 'cloud')
    throw new Error(
      'k6 cloud sends its samples to the cloud alone: write spanhouse k6 -- k6 run script.js for a test on this machine',
    )
  if (run < 0 || other !== undefined)
    throw new Error('k6 must run a test: write spanhouse k6 -- k6 run script.js')
  const own = command.slice(run + 1)
  const named = wordAfter(own, '--summary-export') ?? (env['K6_SUMMARY_EXPORT'] || undefined)
  const added = [
    '--out',
    `json=${output}`,
    ...outputsOfEnvironment(own, env),
    ...(named === undefined ? ['--summary-export', summary] : []),
  ]
  return {
    command: [...command.slice(0, run + 1), ...added, ...own],
    summary: named ?? summary,
  }
}

function isOtherCommand(word: string): boolean {
  return OTHER_COMMANDS.test(word)
}

/** k6 ignores K6_OUT as soon as there is one `--out`. */
function outputsOfEnvironment(own: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  if (own.some((word) => /^(--out(=|$)|-o)/.test(word))) return []
  const outputs = (env['K6_OUT'] ?? '').split(',').map((one) => one.trim())
  return outputs.filter((one) => one !== '').flatMap((one) => ['--out', one])
}

function wordAfter(words: readonly string[], option: string): string | undefined {
  const at = words.findIndex((word) => word === option || word.startsWith(`${option}=`))
  const word = words[at]
  return word === option ? words[at + 1] : word?.slice(option.length + 1)
}
