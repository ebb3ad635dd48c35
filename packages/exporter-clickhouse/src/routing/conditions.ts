import type { Signal } from '../config/config.js'
import type { Condition, FilterRules } from '../config/routing-options.js'
import { matcher } from './pattern.js'
import {
  type AnyRecord,
  attributeOf,
  bodyTextOf,
  durationMsOf,
  nameOf,
  scopeOf,
  serviceOf,
  severityOf,
  statusOf,
} from './reading.js'

type Test = (record: AnyRecord) => boolean

/** Whether the rules keep a record. */
export function keeps({ keep, drop }: FilterRules, signal: Signal): Test {
  const kept = keep?.map((one) => meets(one, signal))
  const dropped = drop?.map((one) => meets(one, signal)) ?? []
  return (record) =>
    (kept?.some((test) => test(record)) ?? true) && !dropped.some((test) => test(record))
}

/** Whether a record meets all that a condition says. What a record of its signal cannot have, it does not meet. */
function meets(condition: Condition, signal: Signal): Test {
  const { name, service, scope, body, attribute, severity, durationMs, status } = condition
  const tests: Test[] = []
  const texts: [string | undefined, (record: AnyRecord) => string | undefined][] = [
    [name, (record) => nameOf(record, signal)],
    [service, serviceOf],
    [scope, scopeOf],
    [body, bodyTextOf],
    ...Object.entries(attribute ?? {}).map(([key, pattern]): (typeof texts)[number] => [
      pattern,
      (record) => attributeOf(record, key),
    ]),
  ]
  for (const [pattern, read] of texts) {
    if (pattern === undefined) continue
    const matches = matcher(pattern)
    tests.push((record) => {
      const text = read(record)
      return text !== undefined && matches(text)
    })
  }
  if (severity) tests.push(between(severityOf, lowest(severity.min), highest(severity.max)))
  if (durationMs) tests.push(between(durationMsOf, durationMs.min, durationMs.max))
  if (status) tests.push((record) => signal === 'traces' && statusOf(record) === status)
  return (record) => tests.every((test) => test(record))
}

function between(
  read: (record: AnyRecord) => number | undefined,
  min = Number.NEGATIVE_INFINITY,
  max = Number.POSITIVE_INFINITY,
): Test {
  return (record) => {
    const value = read(record)
    return value !== undefined && value >= min && value <= max
  }
}

// Each name stands for four numbers.
const SEVERITIES: readonly unknown[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

function lowest(severity: string | number | undefined): number | undefined {
  return typeof severity === 'string' ? SEVERITIES.indexOf(severity) * 4 + 1 : severity
}

function highest(severity: string | number | undefined): number | undefined {
  return typeof severity === 'string' ? SEVERITIES.indexOf(severity) * 4 + 4 : severity
}
