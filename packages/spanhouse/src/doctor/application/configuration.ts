import { type Check, type Found, ok, problem, warning } from '../check.js'
import type { Surroundings } from '../facts.js'

/** What is configured, where it comes from, and what is wrong with it. Options given in code are not known here. */
export const configuration: Check<Surroundings> = {
  id: 'configuration',
  title: 'configuration',
  run({ gathered, settings, wishes }) {
    const shown = settings.filter(({ source }) => wishes.verbose || source !== 'default')
    const found: Found[] = shown.map(({ destination, option, value, source }) =>
      ok(`${destination === undefined ? '' : `${destination}: `}${option} = ${value} (${source})`),
    )
    const problems = gathered.problems.map((text) => problem(sentence(text)))
    const doubts = gathered.doubts.map((text) => warning(sentence(text)))
    if (shown.length === 0 && problems.length === 0)
      found.push(ok('nothing is set here, so every option has its default'))
    return [...found, ...doubts, ...problems]
  },
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
