// Log lines, and what is asked of them, without a table.
import type { LogRecordLike } from '@spanhouse/transform'
import { makeLog } from '../../../packages/transform/test/logs.js'
import { randomOf } from '../../faults/seed.js'
import { hrTime } from '../../kit/measurements.js'

type Row = Record<string, unknown>

export interface Line {
  readonly atMs: number
  readonly service: string
  readonly level: string
  readonly body: string
  readonly traceId: string
  readonly user: string
  readonly pod: string
}

export const T0_MS = 1_729_627_200_000
export const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

/** Twelve minutes of two services, a line every 600 ms. */
export function makeLines(): Line[] {
  const { between: from, pick, chance } = randomOf(5)
  return Array.from({ length: 1200 }, (_, n) => ({
    atMs: T0_MS + n * 600,
    service: pick(['shop', 'mail']),
    level: pick(['INFO', 'WARN', 'ERROR', 'FATAL']),
    body: pick([
      `request=${n} was served`,
      'Card declined',
      `the CARD DECLINED by its bank: user=u-${from(1, 9)}`,
      'a card was not declined',
      'discard declined_card',
      'é “quoted” \n漢😀',
    ]),
    traceId: chance(0.02) ? TRACE : chance(0.5) ? `${n}`.padStart(32, 'a') : '',
    user: pick(['u-1', 'u-2', 'u-3']),
    pod: pick(['pod-1', 'pod-2']),
  }))
}

export function recordOf({ atMs, service, level, body, traceId, user, pod }: Line): LogRecordLike {
  return makeLog({
    hrTime: hrTime(atMs),
    severityText: level,
    severityNumber: { INFO: 9, WARN: 13, ERROR: 17, FATAL: 21 }[level],
    body,
    attributes: { 'user.id': user },
    resource: { attributes: { 'service.name': service, 'k8s.pod.name': pod } },
    spanContext: traceId ? { traceId, spanId: 'b7ad6b7169203331', traceFlags: 1 } : undefined,
  })
}

export function grafanaRow({ body, level, traceId, user, service, pod }: Line): Row {
  return {
    body,
    level,
    traceID: traceId,
    ResourceAttributes: { 'service.name': service, 'k8s.pod.name': pod },
    ScopeAttributes: { a: '1', b: '2' },
    LogAttributes: { 'user.id': user },
  }
}

/** How many lines have the same key, in the order of the keys. */
export function counted(
  all: readonly Line[],
  keyOf: (line: Line) => string[],
): [string[], number][] {
  const counts = new Map<string, number>()
  for (const line of all) {
    const key = JSON.stringify(keyOf(line))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, count]) => [JSON.parse(key), count])
}

/** As ClickHouse's hasToken cuts a text: at all that is ASCII and neither a letter nor a digit. */
export function tokensOf(text: string): string[] {
  return text.split(/[^a-zA-Z0-9\u0080-\uffff]+/)
}

export const minuteOf = (ms: number): string => timeText(Math.floor(ms / 60_000) * 60_000)
export const timeText = (ms: number): string =>
  new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
