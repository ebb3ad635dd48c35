import { CopyButton } from '../common/copy-button.js'
import { html, type VNode } from '../common/html.js'
import { type Table, toJson, toMarkdown, toTsv } from './formats.js'

const FORMATS: readonly (readonly [string, (table: Table) => string])[] = [
  ['TSV', toTsv],
  ['JSON', toJson],
  ['Markdown', toMarkdown],
]

/** Copies the rows that the page has, in the order of the server. */
export function CopyAs({ table }: { readonly table: Table }): VNode {
  return html`<span class="copy-as" role="group" aria-label="Copy the result">
    <span class="muted">Copy as</span>
    ${FORMATS.map(
      ([name, format]) =>
        html`<${CopyButton} key=${name} label=${name} text=${() => format(table)} />`,
    )}
  </span>`
}
