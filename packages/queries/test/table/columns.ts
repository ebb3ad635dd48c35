import { flatTraces, otelTraces } from '@spanhouse/transform'
import type { ServerColumn } from '../../src/index.js'

/** The columns of a family as `system.columns` has them. */
export function columnsOf(family: 'flat' | 'otel'): ServerColumn[] {
  return { flat: flatTraces, otel: otelTraces }[family].columns.map(({ name, type }) => ({
    name,
    type,
  }))
}
