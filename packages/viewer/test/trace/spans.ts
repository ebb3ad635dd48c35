import { buildTrace, type Trace } from '@spanhouse/queries'
import { ms, span } from '../../../queries/test/trace/spans.js'

export { ms, span }

/** a ─ b ─ c, and six queries below a, one after another. */
export function shopTrace(): Trace {
  return buildTrace([
    span('a', '', [0, 100], { kind: 'server' }),
    span('b', 'a', [1, 20]),
    span('c', 'b', [2, 10]),
    ...Array.from({ length: 6 }, (_, n) =>
      span(`q${n}`, 'a', [20 + n * 10, 28 + n * 10], { name: 'SELECT users', kind: 'client' }),
    ),
  ])
}
