import type { Doubt } from '../doubt.js'
import { PRIMARY } from '../layers.js'
import { destinationNameProblem } from '../option-rules.js'
import {
  DESTINATION_VARIABLES,
  OPTION_VARIABLES,
  PREFIX,
  variablePartOf,
} from '../variable-names.js'

/** The destinations in `OTEL_EXPORTER_CLICKHOUSE_DESTINATIONS`; names that cannot be used are left out. */
export function namesIn(text: unknown, doubts: Doubt[]): readonly string[] | undefined {
  if (typeof text !== 'string') return undefined
  const variable = `${PREFIX}DESTINATIONS`
  const names: string[] = []
  for (const name of text.split(',').map((one) => one.trim())) {
    if (name === '') continue
    const problem = destinationNameProblem(name)
    if (problem !== undefined) doubts.push({ variable, problem: `: each name ${problem}` })
    else if (name.toLowerCase() === PRIMARY)
      doubts.push({
        variable,
        problem: `cannot name ${PRIMARY}, which is the destination of ${PREFIX}ENDPOINT`,
      })
    else if (names.some((one) => variablePartOf(one) === variablePartOf(name)))
      doubts.push({ variable, problem: `names "${name}" twice` })
    else if (isAmbiguous(name))
      doubts.push({
        variable,
        problem: `cannot name "${name}": variables such as ${PREFIX}${variablePartOf(name)}_… are those of other options`,
      })
    else if (names.length === 16)
      doubts.push({ variable, problem: 'names more than 16 destinations' })
    else names.push(name)
  }
  return names.length > 0 ? names : undefined
}

/** Whether a variable of this destination would be that of a common option: `DEAD_LETTER_TABLE` of a destination `dead-letter`. */
function isAmbiguous(destination: string): boolean {
  const part = `${variablePartOf(destination)}_`
  return [...OPTION_VARIABLES.keys()].some(
    (name) => name.startsWith(part) && DESTINATION_VARIABLES.has(name.slice(part.length)),
  )
}
