import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { chipParts, type Token } from './tokens.js'

export interface ChipsProps {
  readonly tokens: readonly Token[]
  readonly onEdit: (index: number) => void
  readonly onRemove: (index: number) => void
}

/** The conditions of the search. A press on one edits it, a press on its cross removes it. */
export function Chips({ tokens, onEdit, onRemove }: ChipsProps): VNode[] {
  return tokens.map(({ text }, index) => {
    const { key, op, value } = chipParts(text)
    const service = key === 'service' && op === ':' ? serviceClass(value) : ''
    return html`<span class=${`chip ${service}`} key=${text}>
      <button type="button" class="chip-text" title=${`Edit ${text}`} onClick=${() => onEdit(index)}>
        ${service && html`<span class="service-dot" aria-hidden="true"></span>`}
        ${key && html`<span class="chip-key">${key}${op}</span>`}<span class="chip-value">${value || '""'}</span>
      </button>
      <button type="button" class="chip-remove" aria-label=${`Remove ${text}`} onClick=${() => onRemove(index)}>
        <${Icon} name="close" />
      </button>
    </span>`
  })
}
