import { html, type VNode } from '../common/html.js'
import { Empty } from '../common/states.js'
import { FIELDS } from './completion.js'

/** The words of the search language, and what each finds. */
export const SEARCH_LINES: readonly (readonly [string, string])[] = [
  ...FIELDS,
  ['http.route=/users', 'an attribute of the span or its resource'],
  ['user.id!=3', 'another value; spans without the attribute are not found'],
  ['url.path~cart', 'a value that contains this'],
  ['"any text"', 'in a name, a status message or a value'],
]

/** Takes the place of the list while the search has a mistake. */
export function SearchLanguage(): VNode {
  return html`<${Empty} title="What a search can say">
    <dl class="help-lines">
      ${SEARCH_LINES.map(([word, text]) => html`<div><dt><kbd>${word}</kbd></dt><dd>${text}</dd></div>`)}
    </dl>
  <//>`
}
