/** A condition on an attribute of a span or of its resource. */
export interface AttributeCondition {
  readonly key: string
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
  readonly minNs?: number | undefined
  readonly maxNs?: number | undefined
  readonly attributes?: readonly AttributeCondition[] | undefined
  /** In any case, in the name, the status message, a value of an attribute, or the beginning of the trace's id. All words must be found. */
  readonly text?: readonly string[] | undefined
}
