import { type Gathered, takes } from './gathered.js'
import { givenAt, sourceText } from './given.js'
import { PRIMARY } from './layers.js'
import { lookUp } from './option-lookup.js'
import { SIGNALS } from './signal.js'
import { placeInView } from './signal-view.js'

/** A variable that is ignored, wholly or in part. */
export interface Doubt {
  readonly variable: string
  /** What is wrong with it, as the end of a sentence that begins with its name. */
  readonly problem: string
  /** What follows, as a sentence, if only a part of the variable is ignored. */
  readonly consequence?: string
  /** Whether it says what must not be sent, so that nothing is sent to the destinations that it is for. */
  readonly stops?: boolean
  /** The option that it would have set. */
  readonly of?: { readonly path: readonly string[]; readonly destination: string | undefined }
}

/** Says what is wrong with a variable, and what is used instead. */
export function sentenceOf(
  doubt: Doubt,
  gathered: Pick<Gathered, 'options' | 'destinations'>,
): string {
  const { variable, problem } = doubt
  const text = `${variable}${/^[ :]/.test(problem) ? '' : ' '}${problem}`
  const { consequence = used(doubt, gathered), stops } = doubt
  const end = (stops && stopped(variable, gathered)) || consequence
  return `${text}${text.endsWith('?') ? '' : '.'} ${end}`
}

/** Which destinations get nothing. Undefined if none does: stronger sources give the option. */
function stopped(
  variable: string,
  { destinations }: Pick<Gathered, 'destinations'>,
): string | undefined {
  const names = destinations.flatMap((one) => {
    const signals = SIGNALS.filter(
      (signal) => takes(one, signal) && one.unreadable[signal].includes(variable),
    )
    if (signals.length === 0) return []
    const isWhole = SIGNALS.every((signal) => signals.includes(signal) || !takes(one, signal))
    return isWhole ? [one.name] : [`${one.name} (${signals.join(', ')})`]
  })
  if (names.length === 0) return undefined
  return `It may say what must not be sent, so nothing is sent to ${names.join(' or ')} until it is corrected: rows are dropped as \`misconfigured\`.`
}

function used(
  { of }: Doubt,
  { options, destinations }: Pick<Gathered, 'options' | 'destinations'>,
): string {
  if (of === undefined) return 'It is ignored.'
  const { destination = PRIMARY } = of
  const [signal, path] = placeInView(of.path)
  const trees = destinations.find(({ name }) => name === destination)?.trees ?? options
  const instead = givenAt(trees[signal], path)
  if (instead) return `It is ignored; the value of ${sourceText(instead.source)} is used.`
  const byDefault = lookUp(path).default ?? lookUp(of.path).default
  return isPlain(byDefault)
    ? `It is ignored; the default is used: ${String(byDefault)}.`
    : 'It is ignored, as if it were not set.'
}

function isPlain(value: unknown): boolean {
  return (
    (typeof value === 'string' && value !== '') ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  )
}
