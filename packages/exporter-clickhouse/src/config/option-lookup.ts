import type { Option, Type } from './option.js'
import { OPTIONS } from './option-table.js'

/** The type and default of the option at a path such as `destinations.0.batch.maxRows`; the type is undefined if there is no such option. */
export function lookUp(path: readonly string[]): {
  type: Type | undefined
  default: unknown
  isSecret: boolean
} {
  let type: Type | undefined = OPTIONS
  let byDefault: unknown
  let isSecret = false
  for (const name of path) {
    if (type?.kind === 'text') type = type.or
    if (type?.kind === 'list')
      type = type.item // the name is an index
    else if (type?.kind === 'map') type = type.value
    else if (type?.kind === 'group') {
      const option: Option | undefined = Object.hasOwn(type.fields, name)
        ? type.fields[name]
        : undefined
      type = option?.type
      byDefault = option?.default
      isSecret ||= option?.isSecret === true
    } else type = undefined
  }
  return { type, default: byDefault, isSecret }
}
