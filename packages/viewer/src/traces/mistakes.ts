/** What is wrong with a text of the search language, one sentence each. */
export function mistakesIn(_text: string): readonly string[] {
  return []
}
