import { bodyOf } from '@spanhouse/transform/internal'
import type { Signal } from '../config/config.js'
import { type AnyRecord, attempt } from './reading.js'

/** What is changed in a record before it is encoded. */
export interface Change {
  attributes(given: unknown): unknown
  value(given: unknown): unknown
  text(given: unknown): unknown
  resource(given: unknown): unknown
  scope(given: unknown): unknown
  metric(given: unknown): unknown
}

type Fields = Record<string, unknown>
type Make = (given: unknown) => unknown

/**
 * A changed copy of a record, for the same encoder. It holds only the fields listed here, so what a change does not know does not
 * get through. A field that cannot be read is missing, which the encoder takes as it always does.
 */
export function viewOf(record: AnyRecord, signal: Signal, change: Change): object {
  const view = VIEWS[signal](record, change)
  view['resource'] = change.resource(attempt(() => record.resource))
  view['instrumentationScope'] = change.scope(attempt(() => record.instrumentationScope))
  view['attributes'] = change.attributes(attempt(() => record.attributes))
  return view
}

const VIEWS: Readonly<Record<Signal, (record: AnyRecord, change: Change) => Fields>> = {
  traces(span, change) {
    const context = attempt(() => span.spanContext)
    const own =
      typeof context === 'function'
        ? contextView(
            attempt(() => context.call(span)),
            change,
          )
        : {}
    const events = attempt(() => span.events)
    const links = attempt(() => span.links)
    return {
      ...copied(span, [
        'kind',
        'startTime',
        'endTime',
        'duration',
        'ended',
        'droppedAttributesCount',
      ]),
      ...dropped(span, 'droppedEventsCount', events),
      ...dropped(span, 'droppedLinksCount', links),
      ...changed(span, ['name'], change.text),
      spanContext: () => own,
      parentSpanContext: contextView(
        attempt(() => span.parentSpanContext),
        change,
      ),
      parentSpanId: idOf(
        attempt(() => span.parentSpanId),
        change,
      ),
      status: statusView(
        attempt(() => span.status),
        change,
      ),
      events: listOf(events, (event) => ({
        ...copied(event, ['time', 'droppedAttributesCount']),
        ...changed(event, ['name'], change.text),
        ...changed(event, ['attributes'], change.attributes),
      })),
      links: listOf(links, (link) => ({
        ...copied(link, ['droppedAttributesCount']),
        ...changed(link, ['attributes'], change.attributes),
        context: contextView(
          attempt(() => Object(link).context),
          change,
        ),
      })),
    }
  },
  logs(record, change) {
    return {
      ...copied(record, ['hrTime', 'hrTimeObserved', 'severityNumber', 'droppedAttributesCount']),
      ...changed(record, ['severityText', 'eventName'], change.text),
      spanContext: contextView(
        attempt(() => record.spanContext),
        change,
      ),
      body: change.value(attempt(() => bodyOf(record as never))),
    }
  },
  metrics(point, change) {
    return {
      ...copied(point, [
        'startTime',
        'time',
        'flags',
        'value',
        'count',
        'sum',
        'min',
        'max',
        'bounds',
        'bucketCounts',
        'scale',
        'zeroCount',
        'positive',
        'negative',
        'quantiles',
      ]),
      metric: change.metric(attempt(() => point.metric)),
      exemplars: listOf(
        attempt(() => point.exemplars),
        (exemplar) => ({
          ...copied(exemplar, ['time', 'value']),
          ...changed(exemplar, ['attributes'], change.attributes),
          traceId: idOf(
            attempt(() => Object(exemplar).traceId),
            change,
          ),
          spanId: idOf(
            attempt(() => Object(exemplar).spanId),
            change,
          ),
        }),
      ),
    }
  },
}

export function resourceView(
  resource: unknown,
  change: Pick<Change, 'attributes' | 'text'>,
): Fields {
  return {
    ...copied(resource, ['asyncAttributesPending']),
    ...changed(resource, ['schemaUrl'], change.text),
    attributes: change.attributes(attempt(() => Object(resource).attributes)),
  }
}

export function scopeView(scope: unknown, change: Pick<Change, 'attributes' | 'text'>): Fields {
  return {
    ...copied(scope, ['droppedAttributesCount']),
    ...changed(scope, ['name', 'version', 'schemaUrl'], change.text),
    ...changed(scope, ['attributes'], change.attributes),
  }
}

export function metricView(metric: unknown, change: Pick<Change, 'text'>): Fields {
  return {
    ...copied(metric, ['temporality', 'isMonotonic']),
    ...changed(metric, ['type'], (type) => (TYPES.has(type) ? type : undefined)),
    ...changed(metric, ['name', 'description', 'unit'], change.text),
  }
}

const TYPES: ReadonlySet<unknown> = new Set([
  'gauge',
  'sum',
  'histogram',
  'exponential_histogram',
  'summary',
])

function statusView(status: unknown, change: Change): Fields | undefined {
  if (typeof status !== 'object' || status === null) return undefined
  return { ...copied(status, ['code']), ...changed(status, ['message'], change.text) }
}

function contextView(context: unknown, change: Change): Fields | undefined {
  if (typeof context !== 'object' || context === null) return undefined
  const state = attempt(() => {
    const given: unknown = Object(context).traceState
    return typeof given === 'object' && given !== null ? Object(given).serialize() : given
  })
  const text = state === undefined ? undefined : change.text(state)
  return {
    ...copied(context, ['traceFlags', 'isRemote']),
    traceId: idOf(
      attempt(() => Object(context).traceId),
      change,
    ),
    spanId: idOf(
      attempt(() => Object(context).spanId),
      change,
    ),
    ...(text !== undefined && { traceState: { serialize: () => text } }),
  }
}

/** Digits of an id say nothing, also if they look like the number of a card. Anything else may be a text from anywhere. */
function idOf(id: unknown, change: Change): unknown {
  return typeof id === 'string' && /^[0-9a-f]{0,64}$/i.test(id) ? id : change.text(id)
}

/** Fields that hold no text. */
function copied(from: unknown, names: readonly string[]): Fields {
  return changed(from, names, (value) => (typeof value === 'string' ? undefined : value))
}

function changed(from: unknown, names: readonly string[], make: Make): Fields {
  const fields: Fields = {}
  for (const name of names) {
    const value = attempt(() => Object(from)[name])
    if (value !== undefined) fields[name] = make(value)
  }
  return fields
}

// A sparse array can claim four thousand million elements and have none.
const MAX_ITEMS = 10_000

function listOf(list: unknown, make: Make): unknown[] | undefined {
  if (!attempt(() => Array.isArray(list))) return undefined
  const items = list as readonly unknown[]
  const made: unknown[] = []
  for (let index = 0; index < items.length && index < MAX_ITEMS; index++) {
    const item = attempt(() => items[index])
    if (typeof item === 'object' && item !== null) made.push(make(item))
  }
  return made
}

/** How many items the SDK has left out of a list, and how many `listOf` does. */
function dropped(span: unknown, name: string, list: unknown): Fields {
  const fields = copied(span, [name])
  const leftOut = attempt(() => (Array.isArray(list) ? list.length - MAX_ITEMS : 0)) ?? 0
  if (leftOut <= 0) return fields
  const { [name]: before } = fields
  return { [name]: (typeof before === 'number' && before > 0 ? before : 0) + leftOut }
}
