import { parseSearch, type Search } from '@spanhouse/queries'
import { Refusal } from './refusal.js'

export type Asked = URLSearchParams

const MAX_TEXT_LENGTH = 4000

/** The search that the parameters `q`, `from` and `to` describe. */
export function searchIn(asked: Asked): Search {
  const { search, problems } = parseSearch(textIn(asked, 'q') ?? '')
  const [problem] = problems
  if (problem !== undefined) throw new Refusal(400, problem, 'Press ? for the forms of a search.')
  return { ...search, fromUs: numberIn(asked, 'from'), toUs: numberIn(asked, 'to') }
}

export function textIn(asked: Asked, name: string): string | undefined {
  const text = asked.get(name) ?? ''
  if (text.length > MAX_TEXT_LENGTH) throw new Refusal(400, `The parameter ${name} is too long.`)
  return text === '' ? undefined : text
}

export function requiredText(asked: Asked, name: string): string {
  const text = textIn(asked, name)
  if (text === undefined) throw new Refusal(400, `The parameter ${name} is missing.`)
  return text
}

/** A whole number, such as microseconds since 1970. */
export function numberIn(asked: Asked, name: string): number | undefined {
  const text = textIn(asked, name)
  if (text === undefined) return undefined
  const number = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(number)) return number
  throw new Refusal(400, `The parameter ${name} must be a whole number.`)
}

export function requiredNumber(asked: Asked, name: string): number {
  const number = numberIn(asked, name)
  if (number === undefined) throw new Refusal(400, `The parameter ${name} is missing.`)
  return number
}

export function limitIn(asked: Asked, usual: number, most: number): number {
  const limit = numberIn(asked, 'limit') ?? usual
  return Math.min(Math.max(limit, 1), most)
}

export function oneOf<const Name extends string>(
  asked: Asked,
  name: string,
  known: readonly Name[],
): Name | undefined {
  const text = textIn(asked, name)
  if (text === undefined) return undefined
  const found = known.find((one) => one === text)
  if (found !== undefined) return found
  throw new Refusal(400, `The parameter ${name} must be one of ${known.join(', ')}.`)
}
