import { parseSearch } from '@spanhouse/queries'

/** What is wrong with a text of the search language, one sentence each. */
export function mistakesIn(text: string): readonly string[] {
  return parseSearch(text).problems
}
