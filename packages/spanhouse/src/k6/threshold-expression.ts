/** What a threshold is about: a name, or a percentile. */
export type Measure =
  | { readonly name: 'count' | 'rate' | 'value' | 'avg' | 'min' | 'max' | 'med' }
  | { readonly name: 'p'; readonly percent: number }

export interface Expression {
  readonly measure: Measure
  /** Whether the threshold is kept with this value. */
  holds(observed: number): boolean
}

const FORM =
  /^\s*(?:(count|rate|value|avg|min|max|med)|p\(\s*(\d+(?:\.\d+)?)\s*\))\s*(<=|<|>=|>|===|==|!=)\s*([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*$/i

const OPERATORS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '==': (a, b) => a === b,
  '===': (a, b) => a === b,
  '!=': (a, b) => a !== b,
}

/** Reads a threshold such as `p(95)<500`. Undefined if it is none that k6 2 knows. */
export function parseThreshold(source: string): Expression | undefined {
  const [, name, percent, operator = '', bound] = FORM.exec(source) ?? []
  const compare = OPERATORS[operator]
  if (compare === undefined || Number(percent ?? 0) > 100) return undefined
  const measure =
    name === undefined ? { name: 'p', percent: Number(percent) } : { name: name.toLowerCase() }
  return {
    measure: measure as Measure,
    holds: (observed) => compare(observed, Number(bound)),
  }
}
