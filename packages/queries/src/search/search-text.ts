import { durationSource } from './duration.js'
import { isWord } from './parse-search.js'
import type { AttributeCondition, Search } from './search.js'
import { quoteWord } from './tokens.js'

/** The opposite of `parseSearch`: the text for the search box. The time range is no part of it. */
export function searchText(search: Search): string {
  const { services = [], operation, kind, status, traceId, attributes = [], text = [] } = search
  return [
    ...services.map((service) => `service:${quoteWord(service)}`),
    operation !== undefined && `name:${quoteWord(operation)}`,
    kind !== undefined && `kind:${quoteWord(kind)}`,
    status !== undefined && `status:${status}`,
    durationText(search),
    traceId !== undefined && `trace:${quoteWord(traceId)}`,
    ...attributes.map(attributeText),
    ...text.map(quoteWord),
  ]
    .filter(Boolean)
    .join(' ')
}

function durationText({ minNs, maxNs }: Search): string | undefined {
  if (minNs !== undefined && maxNs !== undefined)
    return `duration:${durationSource(minNs)}..${durationSource(maxNs)}`
  if (minNs !== undefined) return `duration:>${durationSource(minNs)}`
  return maxNs === undefined ? undefined : `duration:<${durationSource(maxNs)}`
}

function attributeText({ key, op, value }: AttributeCondition): string {
  if (op === 'exists') return `has:${quoteWord(key)}`
  const name = op === '=' && isWord(key) ? `"${key}"` : quoteWord(key)
  return `${name}${op}${quoteWord(value)}`
}
