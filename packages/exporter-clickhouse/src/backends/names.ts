import { distance } from '../common/distance.js'
import type { Signal } from '../config/config.js'
import { exporterVariable } from '../config/sources/sdk-environment.js'

/** Where a signal can go. Prometheus takes only metrics. */
export type BackendName = 'clickhouse' | 'otlp' | 'console' | 'prometheus'

const NONE = 'none'
const OF_RECORDS = ['clickhouse', 'otlp', 'console', NONE]
const KNOWN: Readonly<Record<Signal, readonly string[]>> = {
  traces: OF_RECORDS,
  logs: OF_RECORDS,
  metrics: ['clickhouse', 'otlp', 'console', 'prometheus', NONE],
}
const MAX_DISTANCE = 3

/** The backends that a list of names stands for, and what is wrong with the list. */
export interface Choice {
  readonly names: readonly BackendName[]
  readonly problems: readonly string[]
}

/** The backends that the variable of a signal names. Unknown names are ignored; if no other is left, the variable counts as unset. */
export function choiceOfEnvironment(
  text: string | undefined,
  signal: Signal = 'traces',
): Choice & { decidedBy: string } {
  const variable = exporterVariable(signal)
  const given = split(text ?? '')
  if (given.length === 0)
    return { names: ['otlp'], problems: [], decidedBy: `${variable} is not set` }
  const { known, problems } = recognise(given, KNOWN[signal])
  if (known.length === 0) {
    const fallback = `It names nothing else, so ${signal} go to otlp, as if it were not set.`
    return {
      names: ['otlp'],
      problems: [`${variable} ${problems.join('; ')}. ${fallback}`],
      decidedBy: `the default of ${variable}`,
    }
  }
  const names = backendsOf(known)
  const others = known.filter((name) => name !== NONE)
  return {
    names,
    problems: [
      ...problems.map((one) => `${variable} ${one}. That name is ignored.`),
      ...(names.length < others.length
        ? [
            `${variable} names \`none\` together with ${others.join(' and ')}, so no ${signal} are exported. Remove \`none\` or the other names.`,
          ]
        : []),
    ],
    decidedBy: `${variable}=${known.join(',')}`,
  }
}

/** The backends that the application asks for in code, where every mistake is an error. */
export function choiceOfCode(given: unknown): Choice {
  const texts = typeof given === 'string' ? split(given) : given
  if (!Array.isArray(texts) || !texts.every((one) => typeof one === 'string'))
    return { names: [], problems: [`must be a list of names: ${list(OF_RECORDS, 'or')}`] }
  const { known, problems } = recognise(texts.flatMap(split), OF_RECORDS)
  if (known.length === 0 && problems.length === 0)
    return { names: [], problems: ['names no backend: write `none` to export nothing'] }
  if (known.includes(NONE) && known.length > 1) problems.push('names `none` together with others')
  return { names: backendsOf(known), problems }
}

/** As a clause: "traces go to clickhouse and otlp". */
export function described(signal: Signal, names: readonly BackendName[]): string {
  return names.length === 0 ? `no ${signal} are exported` : `${signal} go to ${list(names, 'and')}`
}

function list(names: readonly string[], word: string): string {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}

function split(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function backendsOf(known: readonly string[]): BackendName[] {
  return known.includes(NONE) ? [] : (known as BackendName[])
}

function recognise(
  given: readonly string[],
  all: readonly string[],
): { known: string[]; problems: string[] } {
  const known = new Set<string>()
  const unknown = new Set<string>()
  for (const name of given) {
    const plain = name.toLowerCase()
    if (all.includes(plain)) known.add(plain)
    else unknown.add(name)
  }
  const problems = [...unknown].slice(0, 5).map((name) => problemOf(name, all))
  return { known: [...known], problems }
}

function problemOf(name: string, all: readonly string[]): string {
  if (/^["']|["']$/.test(name))
    return 'contains quotation marks, which are a part of the value here: remove them'
  // It may be an endpoint with a password, given by mistake.
  if (!/^[\w./-]{1,40}$/.test(name))
    return `contains something that is not a name (known names: ${list(all, 'and')})`
  const plain = name.toLowerCase()
  const [nearest] = all
    .map((known) => ({ known, far: distance(plain, known) }))
    .filter(({ known, far }) => far <= Math.min(MAX_DISTANCE, (known.length - 1) / 2))
    .sort((a, b) => a.far - b.far)
  const hint = nearest ? `did you mean \`${nearest.known}\`?` : `known names: ${list(all, 'and')}`
  return `names \`${name}\`, which is unknown (${hint})`
}
