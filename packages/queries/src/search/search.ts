/** The kinds of spans. */
export const KINDS = ['server', 'client', 'internal', 'producer', 'consumer'] as const

/** A condition on an attribute of a span or of its resource. */
export interface AttributeCondition {
  readonly key: string
  /** `!=` finds spans that have the attribute with another value. */
  readonly op: '=' | '!=' | '~' | 'exists'
  /** Empty for `exists`. `~` finds it anywhere in the value, in any case. */
  readonly value: string
}

/**
 * What is looked for. A trace is found if one of its spans fulfils all conditions. Everything may be left out.
 */
export interface Search {
  /** Microseconds since 1970, inclusive. */
  readonly fromUs?: number | undefined
  /** Exclusive. */
  readonly toUs?: number | undefined
  readonly services?: readonly string[] | undefined
  /** The exact name of the span. */
  readonly operation?: string | undefined
  readonly kind?: string | undefined
  readonly status?: 'ok' | 'error' | 'unset' | undefined
  /** At least. */
  readonly minNs?: number | undefined
  /** At most. */
  readonly maxNs?: number | undefined
  /** The trace's id, or the beginning of it. */
  readonly traceId?: string | undefined
  readonly attributes?: readonly AttributeCondition[] | undefined
  /** In any case, in the name, the status message, a value of an attribute, or the beginning of the trace's id (at least four digits). All words must be found. */
  readonly text?: readonly string[] | undefined
}
