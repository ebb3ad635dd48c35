import type { Asked, QueryName } from '../api/answers.js'
import { ask } from '../api/client.js'
import type { Result } from '../common/result.js'
import { stepOf } from '../shell/range.js'

export interface Start {
  readonly name: QueryName
  readonly text: string
  /** What this query is asked with beside the range and the table. */
  readonly asked: (lengthUs: number) => Asked
}

const none = (): Asked => ({})
const inSteps = (lengthUs: number): Asked => ({ bucket: stepOf(lengthUs, 90) })

/** The queries behind the views. */
export const STARTS: readonly Start[] = [
  { name: 'traces', text: 'The newest traces', asked: none },
  { name: 'trace', text: 'Every span of the newest trace', asked: none },
  { name: 'spans', text: 'The newest spans', asked: none },
  { name: 'services', text: 'Services: rates, errors, percentiles', asked: none },
  { name: 'operations', text: 'Operations: rates, errors, percentiles', asked: none },
  { name: 'edges', text: 'Calls between services', asked: none },
  { name: 'rates', text: 'Requests and percentiles over time', asked: inSteps },
  { name: 'heat', text: 'Durations over time, as a heat map', asked: inSteps },
  { name: 'keys', text: 'Attributes by how many spans have them', asked: none },
  { name: 'extent', text: 'How many spans, from when to when', asked: none },
]

/** The text of a named query, from the server: it asks the query, as no other way leads to its SQL. */
export async function sqlOfStart(
  { name, asked }: Start,
  range: Asked,
  signal: AbortSignal,
): Promise<Result<string>> {
  const { rangeKey: _, ...parameters } = range
  const lengthUs = Number(range['to']) - Number(range['from'])
  const more =
    name === 'trace'
      ? await newestTrace(parameters, signal)
      : { ok: true as const, value: asked(lengthUs) }
  if (!more.ok) return more
  const result = await ask(name, { ...parameters, ...more.value }, signal)
  return result.ok ? { ok: true, value: result.value.sql } : result
}

async function newestTrace(range: Asked, signal: AbortSignal): Promise<Result<Asked>> {
  const result = await ask('traces', { ...range, limit: 1 }, signal)
  if (!result.ok) return result
  const [trace] = result.value.rows
  if (trace) return { ok: true, value: { id: trace.trace_id, around: trace.start_us } }
  return {
    ok: false,
    error: {
      status: 404,
      message: 'There is no trace in this time range.',
      fix: 'Choose a longer range in the view of traces.',
    },
  }
}
