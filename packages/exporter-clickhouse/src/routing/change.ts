import type { RedactConfig } from '../config/routing-options.js'
import type { HookReport } from './guarded-hook.js'
import { ORIGIN } from './origin.js'
import { attempt } from './reading.js'
import { valueRedaction } from './value-redaction.js'
import { type Change, metricView, resourceView, scopeView } from './view.js'

type Plain = Pick<Change, 'attributes' | 'value' | 'text'>

const UNCHANGED: Plain = {
  attributes: (given) => given,
  value: (given) => given,
  text: (given) => given,
}

/** How records of a destination are changed: redacted, and stamped with their origin. Undefined if they are not. */
export function changeOf(
  { redact, origin }: { redact: RedactConfig | undefined; origin: string | undefined },
  subject: string,
  report: HookReport,
): Change | undefined {
  if (!redact && origin === undefined) return undefined
  const plain = redact ? valueRedaction(redact, subject, report) : UNCHANGED
  const resource = oncePerObject((given) => {
    const view = resourceView(given, plain)
    const before = attempt(() => Object(given).attributes[ORIGIN])
    // Even if `redact` takes it out: without the stamp, two regions would send each other's records back.
    const stamp = typeof before === 'string' && before !== '' ? before : origin
    if (stamp === undefined) return view
    return { ...view, attributes: { ...Object(view['attributes']), [ORIGIN]: stamp } }
  })
  if (!redact) return { ...UNCHANGED, resource, scope: (given) => given, metric: (given) => given }
  return {
    ...plain,
    resource,
    scope: oncePerObject((given) => scopeView(given, plain)),
    metric: oncePerObject((given) => metricView(given, plain)),
  }
}

interface Known {
  readonly attributes: unknown
  readonly name: unknown
  readonly version: unknown
  readonly made: unknown
}

/**
 * The encoder writes a resource, scope or metric once per object, so there must be one changed object for each. It is made again when the
 * encoder would write the original again.
 */
function oncePerObject(make: (given: object) => object): (given: unknown) => unknown {
  const known = new WeakMap<object, Known>()
  return (given) => {
    if (typeof given !== 'object' || given === null) return make({})
    const [attributes, name, version, isPending] = attempt(() => {
      const { attributes, name, version, asyncAttributesPending } = Object(given)
      return [attributes, name, version, asyncAttributesPending] as const
    }) ?? [undefined, undefined, undefined, true]
    const before = known.get(given)
    if (
      before &&
      !isPending &&
      before.attributes === attributes &&
      before.name === name &&
      before.version === version
    )
      return before.made
    const made = make(given)
    if (!isPending) known.set(given, { attributes, name, version, made })
    return made
  }
}
