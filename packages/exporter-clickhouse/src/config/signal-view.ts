import type { Signal } from './config.js'
import { Given, type Tree } from './given.js'
import { mergeFields } from './merge.js'
import { type Fields, fieldsOf, type Group, group } from './option.js'
import { NAMED_DESTINATION, OPTIONS } from './option-table.js'
import { SIGNALS } from './signal.js'

/** The options as one signal sees them: those of its group stand beside the shared ones. */
export const OPTIONS_VIEW: Group = group(seen(OPTIONS.fields))
export const DESTINATION_VIEW: Group = group(seen(NAMED_DESTINATION.fields))

// What may differ between signals comes first, after the endpoint: `explainConfig()` shows options in this order.
function seen({ endpoint, traces: _, logs: __, metrics, ...others }: Fields): Fields {
  return { ...(endpoint && { endpoint }), ...fieldsOf(metrics?.type), ...others }
}

/**
 * What one place (a source, or a destination in it) says to a signal: the options of its group over the shared ones. `tableOf` is the
 * signal whose table the shared options name.
 */
export function viewOf(tree: Tree, signal: Signal, tableOf: Signal): Tree {
  const { traces, logs, metrics, ...shared } = tree
  if (signal !== tableOf) {
    delete shared['table']
    const { schema } = shared
    if (schema instanceof Given && typeof schema.value === 'object') delete shared['schema']
  }
  const own = { traces, logs, metrics }[signal]
  return mergeFields(
    shared,
    own === undefined || own instanceof Given ? {} : own,
    OPTIONS_VIEW.fields,
  )
}

/** Which signal an option is for, and where that signal sees it. `table` beside the groups is that of the spans. */
export function placeInView(path: readonly string[]): [signal: Signal, path: readonly string[]] {
  const [first, ...rest] = path
  const signal = SIGNALS.find((one) => one === first)
  return signal ? [signal, rest] : ['traces', path]
}

export function bySignal<Value>(make: (signal: Signal) => Value): Readonly<Record<Signal, Value>> {
  return Object.fromEntries(SIGNALS.map((signal) => [signal, make(signal)])) as Record<
    Signal,
    Value
  >
}
