import { endpointProblem, numberOf } from '#exporter'
import { namedTable } from '../config/table-name.js'

/** The settings, as they are used. One that is absent is not set. */
export interface Settings {
  readonly url?: string
  readonly username?: string
  readonly password?: string
  readonly database?: string
  /** The tables are `<table>_samples` and `<table>_thresholds`. */
  readonly table?: string
  readonly pushIntervalMs?: number
  readonly manageSchema?: 'create' | 'validate' | 'off'
  readonly runId?: string
}

/** The settings of one source, and what each is called there, for errors. Of several layers, the last one wins. */
export interface Layer {
  readonly nameOf: (field: Field) => string
  readonly values: Readonly<Partial<Record<Field, unknown>>>
}

export type Field = keyof typeof FIELDS

type Read = (value: unknown) => Partial<Settings> | string

const MODES: readonly unknown[] = ['create', 'validate', 'off']
const LONGEST_MS = 3_600_000
const MAX_TEXT = 1000

const FIELDS = {
  url: (value) => {
    const url = typeof value === 'string' && !value.includes('://') ? `http://${value}` : value
    if (typeof url !== 'string') return 'must be a URL such as http://localhost:8123'
    return endpointProblem(url) ?? { url }
  },
  username: (value) => text(value, (username) => ({ username })),
  password: (value) => (typeof value === 'string' ? { password: value } : 'must be a text'),
  database: (value) => text(value, (database) => ({ database })),
  // A dot separates the database, as in every command.
  table: (value) => text(value, (name) => namedTable(name) ?? 'must be PREFIX or DATABASE.PREFIX'),
  pushInterval: (value) => {
    const pushIntervalMs = typeof value === 'number' ? value : durationOf(value)
    return pushIntervalMs !== undefined && pushIntervalMs >= 1 && pushIntervalMs <= LONGEST_MS
      ? { pushIntervalMs: Math.round(pushIntervalMs) }
      : 'must be a length of time from 1ms to 1h, such as 500ms, 1s or 1m30s'
  },
  manageSchema: (value) =>
    MODES.includes(value)
      ? { manageSchema: value as NonNullable<Settings['manageSchema']> }
      : 'must be create, validate or off',
  runId: (value) => text(value, (runId) => ({ runId })),
} satisfies Readonly<Record<string, Read>>

export const FIELD_NAMES = Object.keys(FIELDS) as readonly Field[]

/** Merges layers, the weakest first. Throws an Error that names the first setting that cannot be used, and never shows its value. */
export function settingsOf(layers: readonly Layer[]): Settings {
  const merged: Partial<Settings>[] = []
  for (const { nameOf, values } of layers)
    for (const field of FIELD_NAMES) {
      if (values[field] === undefined) continue
      const read = (FIELDS[field] as Read)(values[field])
      if (typeof read === 'string') throw new Error(`${nameOf(field)} ${read}`)
      merged.push(read)
    }
  return Object.assign({}, ...merged) as Settings
}

/** `K6_CLICKHOUSE_PUSH_INTERVAL` and so on. An empty variable counts as not set. */
export function environmentLayer(env: NodeJS.ProcessEnv): Layer {
  const nameOf = (field: Field) =>
    `K6_CLICKHOUSE_${field.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase()}`
  const given = FIELD_NAMES.map((field) => [field, env[nameOf(field)] || undefined] as const)
  return { nameOf, values: Object.fromEntries(given) }
}

/** A JSON file with these settings, or one of k6 with them under `collectors.clickhouse`. Throws an Error that names the file. */
export function fileLayer(json: string, shownPath: string): Layer {
  const file = parsed(json)
  if (!isObject(file)) throw new Error(`${shownPath} must contain a JSON object`)
  const { collectors } = file
  const own = isObject(collectors) ? (collectors['clickhouse'] ?? {}) : file
  if (!isObject(own))
    throw new Error(`${shownPath}: collectors.clickhouse must be an object of settings`)
  const unknown = Object.keys(own).find((name) => !Object.hasOwn(FIELDS, name))
  if (unknown !== undefined)
    throw new Error(
      `${shownPath}: there is no setting ${unknown.slice(0, 40)}; there are ${FIELD_NAMES.join(', ')}`,
    )
  return { nameOf: (field) => `${shownPath}: ${field}`, values: own }
}

/** As Go writes them too: `1m30s`. */
function durationOf(value: unknown): number | undefined {
  if (typeof value !== 'string' || !/^(\d+(\.\d+)?[a-z]+)+$/i.test(value.trim())) return undefined
  const parts = value.match(/\d+(?:\.\d+)?[a-z]+/gi) ?? []
  const ms = parts.map((part) => numberOf('milliseconds', part))
  return ms.some((one) => one === undefined)
    ? undefined
    : ms.reduce<number>((sum, one) => sum + (one ?? 0), 0)
}

function text(
  value: unknown,
  made: (text: string) => Partial<Settings> | string,
): Partial<Settings> | string {
  const isText = typeof value === 'string' && value.trim() !== '' && value.length <= MAX_TEXT
  return isText ? made(value) : `must be a text of 1 to ${MAX_TEXT} characters`
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
