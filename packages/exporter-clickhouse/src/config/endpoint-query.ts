import type { Endpoint } from './endpoint-url.js'
import { fromText } from './from-text.js'
import { UNREADABLE } from './given.js'
import type { Fields, Option } from './option.js'
import { didYouMean, nearest, plain } from './option-hints.js'
import { shownName } from './option-problems.js'
import { NAMED_DESTINATION } from './option-table.js'
import { problemOf } from './text-rules.js'
import { looksWithholding } from './withheld-words.js'

/** The options that an endpoint's URL carries beside the address. */
export interface EndpointOptions {
  readonly options: Record<string, unknown>
  /** The parameters that cannot be used. If one says what must not reach the destination, its option has the value `UNREADABLE`. */
  readonly problems: readonly ProblemInUrl[]
}

interface ProblemInUrl {
  /** What is wrong with it, as the end of a sentence. */
  readonly problem: string
  /** Whether the parameter says what must not reach the destination. */
  readonly stops: boolean
}

export function optionsIn({ username, password, database, query }: Endpoint): EndpointOptions {
  const options: Record<string, unknown> = Object.create(null)
  const problems: ProblemInUrl[] = []
  // Always both: a user or password of a lower layer may belong to another server.
  if (username !== undefined || password !== undefined)
    Object.assign(options, { username: username ?? 'default', password: password ?? '' })
  if (database !== undefined) options['database'] = database
  const seen = new Set<string>()
  for (const [name, text] of query) {
    const named = optionNamed(name)
    const problem = named ? put(options, named, text, seen) : unknown(name)
    if (problem === undefined) continue
    const stops = named ? named.option.withholds === true : isMeantToWithhold(name)
    if (stops) place(options, named?.path ?? ['redact', name], UNREADABLE)
    problems.push({
      problem: `: \`${name.split('.').map(shownName).join('.')}\`${problem}`,
      stops,
    })
  }
  return { options, problems }
}

interface Named {
  readonly path: readonly string[]
  readonly option: Option
  /** The name in a dictionary; undefined for a whole option. It is the last part of the path. */
  readonly entry: string | undefined
}

/** The option that a parameter such as `database`, `batch.maxRows` or `batch.max_rows` stands for; `settings` for the name of a setting. */
function optionNamed(name: string): Named | undefined {
  const { name: _, endpoint: __, endpoints: ___, ...fields } = NAMED_DESTINATION.fields
  const written = name === 'user' ? 'username' : name // the HTTP interface of ClickHouse calls it `user`
  const found = optionBelow(fields, written.split('.'))
  const isFirstKnown = fieldNamed(fields, written.split('.')[0] ?? '') !== undefined
  if (found === undefined && !isFirstKnown && isSetting(name))
    return { ...SETTINGS, path: ['settings', name], entry: name }
  return found
}

function optionBelow(fields: Fields, [first = '', ...rest]: readonly string[]): Named | undefined {
  const [at, option] = fieldNamed(fields, first) ?? []
  if (at === undefined || option === undefined) return undefined
  const { type } = option
  if (type.kind === 'map') {
    const entry = rest.length === 0 ? undefined : rest.join('.')
    return { path: entry === undefined ? [at] : [at, entry], option, entry }
  }
  if (type.kind !== 'group')
    return rest.length === 0 && type.kind !== 'custom'
      ? { path: [at], option, entry: undefined }
      : undefined
  const found = optionBelow(type.fields, rest)
  if (found === undefined) return undefined
  const isSecret = option.isSecret || found.option.isSecret
  const withholds = option.withholds || found.option.withholds
  return {
    ...found,
    path: [at, ...found.path],
    option: { ...found.option, ...(isSecret && { isSecret }), ...(withholds && { withholds }) },
  }
}

function fieldNamed(fields: Fields, written: string): [name: string, option: Option] | undefined {
  return Object.entries(fields).find(([name]) => plain(name) === plain(written))
}

const SETTINGS = { option: NAMED_DESTINATION.fields['settings'] as Option }

/** ClickHouse has more than a thousand settings, nearly all of several words. The others are written as `settings.name`. */
function isSetting(name: string): boolean {
  return /^[a-z][a-z0-9]*(_[a-z0-9]+)+$/.test(name) && !/redact/.test(name) && hintFor(name) === ''
}

/**
 * Whether a name that is not known was probably meant to say what must not reach the destination: `redact.patterns`, `filtr`,
 * `redakt.deny`.
 */
function isMeantToWithhold(name: string): boolean {
  const fields: Fields = NAMED_DESTINATION.fields
  const [first = ''] = name.split('.', 1)
  const meant = nearest(first, Object.keys(fields))
  return looksWithholding(name) || (meant !== undefined && fields[meant]?.withholds === true)
}

function unknown(name: string): string {
  const meant = hintFor(name) || '; a ClickHouse setting of one word is written as `settings.name`'
  return ` is not an option${meant}`
}

/** Which option was probably meant, if it is one that a URL can carry. */
function hintFor(name: string): string {
  const hint = didYouMean(name, [])
  const [, meant = ''] = /`(\w+)/.exec(hint) ?? []
  return Object.hasOwn(NAMED_DESTINATION.fields, meant) ? hint : ''
}

/** Reads the value and puts it among the options, or says what is wrong with it. */
function put(
  options: Record<string, unknown>,
  { path, option, entry }: Named,
  text: string,
  seen: Set<string>,
): string | undefined {
  const key = path.join('.')
  if (seen.has(key)) return ' is given twice'
  seen.add(key)
  // ClickHouse writes booleans in a URL as 1 and 0.
  const written =
    option.type.kind === 'boolean' ? text.replace(/^1$/, 'true').replace(/^0$/, 'false') : text
  const type = entry === undefined || option.type.kind !== 'map' ? option.type : option.type.value
  const read = fromText(written, type)
  const inMap = (value: unknown) => (entry === undefined ? value : { [entry]: value })
  const problem = 'problem' in read ? read.problem : problemOf(inMap(read.value), option.type)
  if (problem !== undefined) return problem.startsWith(':') ? problem : ` ${problem}`
  const { value } = read as { value: unknown }
  place(options, path, value)
  return undefined
}

function place(
  options: Record<string, unknown>,
  [at = '', ...below]: readonly string[],
  value: unknown,
): void {
  options[at] = withValue(options[at], below, value)
}

function withValue(given: unknown, [first, ...rest]: readonly string[], value: unknown): unknown {
  if (first === undefined) return value
  const fields = Object(given) as Record<string, unknown>
  return { ...fields, [first]: withValue(fields[first], rest, value) }
}
