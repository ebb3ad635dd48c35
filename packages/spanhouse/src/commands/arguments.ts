import { parseArgs } from 'node:util'
import { distance } from '#exporter'
import { CommandError } from '../terminal/command-error.js'
import type { Command, Context, OptionValues } from './command.js'

/** The exit code of a command line that cannot be understood. */
export const USAGE_EXIT_CODE = 2

const HELP = { help: { type: 'boolean', short: 'h' } } as const

export interface Arguments extends Pick<Context, 'values' | 'positionals' | 'rest'> {
  readonly wantsHelp: boolean
}

/** Reads what stands after the name of the command. Throws a CommandError about the first mistake. */
export function parseArguments(command: Command, args: readonly string[]): Arguments {
  const { own, rest } = divide(command, args)
  const { values, positionals } = parsed(command, own)
  const { help, ...options } = values
  if (help !== true) checkNumber(command, positionals, rest)
  return { values: options, positionals, rest, wantsHelp: help === true }
}

/**
 * The user's command stands after `--`, or begins with the first word that is no option: some shells and `npm exec` remove the `--`.
 */
function divide(command: Command, args: readonly string[]): { own: string[]; rest: string[] } {
  const dashes = args.indexOf('--')
  const end = dashes < 0 ? args.length : dashes
  const { takesCommand, positionals, beginsCommand } = command
  const begins = positionals === undefined ? () => true : beginsCommand
  if (takesCommand === true && begins) {
    const options = { ...command.options, ...HELP }
    const { tokens } = parseArgs({
      args: args.slice(0, end),
      options,
      strict: false,
      tokens: true,
    })
    const first = tokens.find((token) => token.kind === 'positional' && begins(token.value))
    if (first) return { own: args.slice(0, first.index), rest: args.slice(first.index) }
  }
  return { own: args.slice(0, end), rest: args.slice(end + 1) }
}

function parsed(command: Command, args: string[]): { values: OptionValues; positionals: string[] } {
  try {
    return parseArgs({
      args,
      options: { ...command.options, ...HELP },
      allowPositionals: true,
    }) as { values: OptionValues; positionals: string[] }
  } catch (error) {
    throw usage(command, sentenceOf(error as Error, command))
  }
}

function sentenceOf(error: Error, { name, options }: Command): string {
  const given = /^Unknown option '(--?[^']*)'/.exec(error.message)?.[1]
  const [, lacking] =
    /--([\w-]+)(?: <value>)?' argument (?:missing|is ambiguous)/.exec(error.message) ?? []
  if (lacking !== undefined)
    return `--${lacking} needs a value: --${lacking} ${options[lacking]?.value ?? 'TEXT'}`
  const [, full] = /--([\w-]+)' does not take an argument/.exec(error.message) ?? []
  if (full !== undefined) return `--${full} takes no value`
  if (given === undefined) return error.message.split(/\. |\n|\.$/)[0] ?? ''
  const near = nearest(given.replace(/^-+/, ''), Object.keys(options))
  return `spanhouse ${name} has no option ${given.slice(0, 40)}${near ? `: did you mean --${near}?` : ''}`
}

function checkNumber(command: Command, positionals: readonly string[], rest: readonly string[]) {
  const { min, max } = command.positionals ?? { min: 0, max: 0 }
  const { name, usage: form, takesCommand, options } = command
  if (max === 0 && options['endpoint'] && positionals[0]?.includes('://'))
    throw usage(command, `Give the URL with --endpoint: spanhouse ${name} --endpoint URL`)
  if (positionals.length < min || positionals.length > max)
    throw usage(command, `The form is: spanhouse ${name} ${form}`)
  if (rest.length > 0 && takesCommand !== true)
    throw usage(command, `spanhouse ${name} starts no command, so nothing may follow --`)
}

function usage({ name }: Command, sentence: string): CommandError {
  const end = /[?.]$/.test(sentence) ? '' : '.'
  return new CommandError(`${sentence}${end} See spanhouse ${name} --help.`, USAGE_EXIT_CODE)
}

/** The known word that was probably meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 40) return undefined
  const [first] = known
    .map((one) => ({ one, far: distance(word.toLowerCase(), one) }))
    .filter(
      ({ one, far }) =>
        far <= Math.max(1, Math.floor(one.length / 3)) ||
        isStart(one, word) ||
        isSwapped(one, word),
    )
    .sort((a, b) => a.far - b.far)
  return first?.one
}

/** Two neighbouring letters have changed places, which counts as two mistakes otherwise. */
function isSwapped(one: string, word: string): boolean {
  const typed = word.toLowerCase()
  const at = [...one].findIndex((letter, place) => letter !== typed[place])
  const swapped = `${one.slice(0, at)}${one[at + 1] ?? ''}${one[at] ?? ''}${one.slice(at + 2)}`
  return at >= 0 && swapped === typed
}

function isStart(one: string, word: string): boolean {
  return word.length >= 3 && one.startsWith(word.toLowerCase())
}
