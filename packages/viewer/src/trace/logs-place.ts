import type { Trace } from '@spanhouse/queries'
import type { VNode } from '../common/html.js'

/** The place of the logs of a trace, below its waterfall. There are no tables of logs yet, so it is empty. */
export function TraceLogs(_: { readonly trace: Trace }): VNode | null {
  return null
}
