import type { Names } from './options-schema.js'

// Names that other exporters and clients use, in lower case and without _ and -, and what we call them.
const ELSEWHERE: Readonly<Record<string, string>> = {
  url: 'endpoint',
  uri: 'endpoint',
  host: 'endpoint',
  hostname: 'endpoint',
  address: 'endpoint',
  server: 'endpoint',
  port: 'endpoint',
  user: 'username',
  login: 'username',
  pass: 'password',
  pwd: 'password',
  db: 'database',
  dir: 'directory',
  path: 'directory',
  folder: 'directory',
  tablename: 'table',
  timeout: 'timeoutMs',
  timeoutmillis: 'timeoutMs',
  requesttimeout: 'timeoutMs',
  exporttimeoutmillis: 'timeoutMs',
  batchsize: 'batch.maxRows',
  maxbatchsize: 'batch.maxRows',
  maxexportbatchsize: 'batch.maxRows',
  flushinterval: 'batch.maxDelayMs',
  scheduleddelaymillis: 'batch.maxDelayMs',
  maxqueuesize: 'queue.maxBytes',
  retries: 'retry.maxRetries',
  clickhousesettings: 'settings',
  httpheaders: 'headers',
  ssl: 'tls',
  httpagent: 'agent',
  httpsagent: 'agent',
}

const MAX_DISTANCE = 2

/** Which option was probably meant, as the end of a sentence; empty if that is unclear. `at`: the path of the object that holds it. */
export function didYouMean(name: string, at: readonly string[], names: Names): string {
  if (name.length > 60) return ''
  const here = namesAt(at, names)
  const written = plain(name)
  const nearest = here.known
    .map((known) => ({ known, distance: distance(plain(known), written) }))
    .filter(({ known, distance }) => distance <= Math.min(MAX_DISTANCE, (known.length - 1) / 2))
    .sort((a, b) => a.distance - b.distance)[0]
  const inGroup = Object.entries(here.groups ?? {}).find(([, group]) =>
    group.known.some((known) => plain(known) === written),
  )
  const elsewhere = Object.hasOwn(ELSEWHERE, written) ? ELSEWHERE[written] : undefined
  if (nearest?.distance === 0) return `: did you mean \`${nearest.known}\`?`
  if (at[0] === 'destinations' && names.known.some((known) => plain(known) === written))
    return ': it applies to all destinations, so set it outside `destinations`'
  if (elsewhere !== undefined && here.known.includes(elsewhere.split('.')[0] ?? ''))
    return `: did you mean \`${elsewhere}\`?`
  if (inGroup) {
    const known = inGroup[1].known.find((one) => plain(one) === written)
    return `: did you mean \`${inGroup[0]}.${known}\`?`
  }
  if (nearest) return `: did you mean \`${nearest.known}\`?`
  if (at.length > 0 && names.known.some((known) => plain(known) === written))
    return `: set it outside \`${at.at(-1)}\``
  return ''
}

/** What to write instead of a number given as text, with or without a unit; undefined for any other value. */
export function numberMeant(option: string, value: unknown): string | undefined {
  const [unit, factors] = unitOf(option)
  const expected = unit ? `must be a number of ${unit}` : 'must be a number'
  if (typeof value !== 'string') return undefined
  const [, digits, written = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(value) ?? []
  if (digits === undefined) return undefined
  const factor = written === '' ? 1 : factors[written.toLowerCase()]
  return factor === undefined
    ? `${expected}, without quotation marks`
    : `${expected}: write ${Math.round(Number(digits) * factor)}`
}

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  ...each(1, ['s', 'sec', 'secs', 'second', 'seconds']),
  ...each(60, ['m', 'min', 'mins', 'minute', 'minutes']),
  ...each(3600, ['h', 'hour', 'hours']),
  ...each(86_400, ['d', 'day', 'days']),
  ...each(604_800, ['w', 'week', 'weeks']),
}
const MILLISECONDS = Object.fromEntries(
  Object.entries(SECONDS).map(([unit, seconds]) => [unit, seconds * 1000]),
)
const BYTES: Readonly<Record<string, number>> = {
  ...each(1, ['b', 'byte', 'bytes']),
  ...each(1e3, ['kb']),
  ...each(1e6, ['mb']),
  ...each(1e9, ['gb']),
  ...each(1024, ['k', 'kib']),
  ...each(1024 ** 2, ['m', 'mib']),
  ...each(1024 ** 3, ['g', 'gib']),
}

function unitOf(option: string): [string | undefined, Readonly<Record<string, number>>] {
  if (option === 'ttl') return ['seconds', SECONDS]
  if (option.endsWith('Ms')) return ['milliseconds', MILLISECONDS]
  if (/bytes$/i.test(option)) return ['bytes', BYTES]
  return [undefined, {}]
}

function each(factor: number, units: readonly string[]): Record<string, number> {
  return Object.fromEntries(units.map((unit) => [unit, factor]))
}

/** The names that the object at a path may have. */
export function namesAt(path: readonly string[], names: Names): Names {
  const [first, ...rest] = path
  if (first === undefined) return names
  const below = names.groups?.[first]
  if (!below) return { known: [] }
  // A number is an index into a list.
  return namesAt(/^\d+$/.test(rest[0] ?? '') ? rest.slice(1) : rest, below)
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}

/** Levenshtein distance: how many letters to insert, delete or replace. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let line = 1; line <= from.length; line++) {
    const next = [line]
    for (let column = 1; column <= to.length; column++)
      next.push(
        Math.min(
          (row[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          (row[column - 1] ?? 0) + (from[line - 1] === to[column - 1] ? 0 : 1),
        ),
      )
    row = next
  }
  return row[to.length] ?? 0
}
