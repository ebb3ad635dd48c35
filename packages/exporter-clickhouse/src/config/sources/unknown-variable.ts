import { distance } from '../../common/distance.js'
import { didYouMean, plain } from '../option-hints.js'
import { SIGNALS } from '../signal.js'
import {
  DESTINATION_VARIABLES,
  OPTION_VARIABLES,
  OTHER_VARIABLES,
  PREFIX,
  variablePartOf,
} from '../variable-names.js'

/**
 * What is wrong with the name of a variable that is not known, as the end of a sentence, and the variable that was probably meant. Names
 * are without the prefix.
 */
export function unknownVariable(
  name: string,
  destinations: readonly string[],
): { problem: string; meant?: string } {
  const known = [
    ...OPTION_VARIABLES.keys(),
    ...OTHER_VARIABLES.keys(),
    ...destinations.flatMap((one) =>
      [...DESTINATION_VARIABLES.keys()].map((known) => `${variablePartOf(one)}_${known}`),
    ),
  ]
  const nearest = known
    .map((one) => ({ one, distance: name.length > 80 ? 99 : distance(one, name) }))
    .filter((found) => found.distance <= Math.min(2, (found.one.length - 1) / 2))
    .sort((a, b) => a.distance - b.distance)[0]?.one
  if (nearest !== undefined) return didYouMeanVariable(nearest)
  const [, meant = ''] = /did you mean `(.*)`/.exec(didYouMean(name, [])) ?? []
  const elsewhere = [...OPTION_VARIABLES].find(
    ([, { path }]) => path.join('.') === meant || plain(path.join('')) === plain(name),
  )?.[0]
  if (elsewhere !== undefined) return didYouMeanVariable(elsewhere)
  const [, signal = '', option = ''] = /^([A-Z]+)_(.+)$/.exec(name) ?? []
  if (SIGNALS.some((one) => one === signal.toLowerCase()) && DESTINATION_VARIABLES.has(option))
    return {
      problem: `is not known: for ${signal.toLowerCase()} alone, it must be that of a destination with SIGNALS=${signal.toLowerCase()}`,
    }
  const ofDestination = [...DESTINATION_VARIABLES.keys()].find((one) => name.endsWith(`_${one}`))
  return {
    problem:
      ofDestination === undefined
        ? 'is not known'
        : `is not known: to name a destination, add it to ${PREFIX}DESTINATIONS`,
  }
}

function didYouMeanVariable(meant: string): { problem: string; meant: string } {
  return { problem: `is not known: did you mean ${PREFIX}${meant}?`, meant }
}
