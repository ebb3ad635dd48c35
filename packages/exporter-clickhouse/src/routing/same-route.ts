import { isDeepStrictEqual } from 'node:util'
import type { RouteConfig } from '../config/routing-options.js'

/** Whether two destinations get the same records in the same form. Not with functions, which may answer differently for each. */
export function routeAlike(a: RouteConfig | undefined, b: RouteConfig | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  const hasFunctions = ({ filter, dispatch }: RouteConfig) =>
    typeof filter === 'function' || dispatch !== undefined
  return !hasFunctions(a) && !hasFunctions(b) && isDeepStrictEqual(a, b)
}
