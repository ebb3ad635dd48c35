/** What a summary file of k6 says about thresholds. */
export interface Verdicts {
  /** Whether the threshold was kept; undefined if the file does not say. */
  of(metric: string, source: string): boolean | undefined
  all(): readonly { readonly metric: string; readonly source: string }[]
}

export type SummaryForm =
  /** What `handleSummary(data)` gets. */
  | 'handleSummary'
  | '--summary-export'
  /** Its schema 1.0.0 has no thresholds. */
  | '--new-machine-readable-summary'

export interface Summary {
  readonly form: SummaryForm
  readonly verdicts: Verdicts
}

type Json = Readonly<Record<string, unknown>>

export const NO_VERDICTS: Verdicts = verdictsOf([])

/** Reads a summary file of any form. Undefined if it is none. */
export function parseSummary(text: string): Summary | undefined {
  const json = parsed(text)
  if (json === undefined) return undefined
  if (typeof json['version'] === 'string' && isObject(json['results']))
    return { form: '--new-machine-readable-summary', verdicts: NO_VERDICTS }
  const { metrics } = json
  if (!isObject(metrics)) return undefined
  const found = Object.entries(metrics).flatMap(([metric, one]) => {
    const thresholds = isObject(one) ? one['thresholds'] : undefined
    if (!isObject(thresholds)) return []
    return Object.entries(thresholds).flatMap(([source, given]) => {
      const isKept = isKeptAs(given)
      return isKept === undefined ? [] : [{ metric, source, isKept }]
    })
  })
  // Only what handleSummary gets has the values of a metric in a member of their own.
  const hasValues = Object.values(metrics).some((one) => isObject(one) && isObject(one['values']))
  return { form: hasValues ? 'handleSummary' : '--summary-export', verdicts: verdictsOf(found) }
}

/** `{ ok }` says whether it was kept; in `--summary-export` there is only a boolean, which is true if it was crossed. */
function isKeptAs(given: unknown): boolean | undefined {
  if (typeof given === 'boolean') return !given
  return isObject(given) && typeof given['ok'] === 'boolean' ? given['ok'] : undefined
}

function verdictsOf(
  all: readonly { readonly metric: string; readonly source: string; readonly isKept: boolean }[],
): Verdicts {
  const kept = new Map(all.map(({ metric, source, isKept }) => [keyOf(metric, source), isKept]))
  return { of: (metric, source) => kept.get(keyOf(metric, source)), all: () => all }
}

function keyOf(metric: string, source: string): string {
  return JSON.stringify([metric, source])
}

function parsed(text: string): Json | undefined {
  try {
    const json: unknown = JSON.parse(text)
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
