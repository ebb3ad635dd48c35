import type { DestinationConfig, Signal } from './config.js'
import type { GatheredDestination } from './gathered.js'
import { givenAt, sourceText } from './given.js'

/** One clause without secrets: the server and the tables of each destination, and where its endpoint comes from. */
export function summaryOf(
  signal: Signal,
  destinations: readonly GatheredDestination[],
  resolved: readonly DestinationConfig[],
): string {
  const all = resolved.map(({ name, endpoint, targets }, index) => {
    const { trees, options } = destinations[index] as GatheredDestination
    const source = givenAt(trees[signal], ['endpoint'])?.source
    const decided = source ? `endpoint from ${sourceText(source)}` : 'the default endpoint'
    const { schema } = options[signal]
    const form = typeof schema === 'object' ? 'own schema' : schema
    const tables = targets.map(({ table }) => plainName(table)).join(', ')
    const database = plainName(targets[0].database)
    return `${name} is ${endpoint.host}, table${targets.length > 1 ? 's' : ''} ${database}.${tables} (${form}, ${decided})`
  })
  const text = all.join('; ') || 'no destination'
  return signal === 'traces' ? text : `${signal}: ${text}`
}

/** A name on one line, unless it may be a URL with a password, given for the wrong option. */
function plainName(name: string): string {
  return printable(/:\/\/|@/.test(name) ? '(a name not shown)' : name)
}

/** A value may come from anywhere: characters that end a line, or change what a terminal shows, are replaced. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').slice(0, 200)
}
