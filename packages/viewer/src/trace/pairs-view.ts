import { harmless } from '@spanhouse/queries'
import { useEffect, useState } from 'preact/hooks'
import { copied } from '../common/copy-button.js'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { counted } from '../common/text.js'
import { attributeSearch, tracesLink } from './search-link.js'
import { valueText } from './value-text.js'

const FEW = 100

export interface PairsProps {
  readonly entries: readonly (readonly [string, string])[]
  /** Default: the search box's `key=value`. */
  readonly searchOf?: (key: string, value: string) => string | undefined
}

/** Keys and values. Each value can be copied, and other traces with it found. */
export function Pairs({ entries, searchOf = attributeSearch }: PairsProps): VNode {
  const [showsAll, showAll] = useState(false)
  const shown = showsAll ? entries : entries.slice(0, FEW)
  return html`<dl class="sp-pairs">
      ${shown.map(([key, value]) => html`<${Pair} key=${key} name=${key} value=${value} search=${searchOf(key, value)} />`)}
    </dl>
    ${
      shown.length < entries.length &&
      html`<button type="button" class="button small" onClick=${() => showAll(true)}>
        Show ${counted(entries.length - shown.length, 'more', 'more')}
      </button>`
    }`
}

interface PairProps {
  readonly name: string
  readonly value: string
  readonly search: string | undefined
}

function Pair({ name, value, search }: PairProps): VNode {
  const [isWhole, setWhole] = useState(false)
  const { text, isCut } = valueText(value, isWhole)
  const key = harmless(name, 300)
  return html`<div class="sp-pair">
    <dt class="mono">${key}</dt>
    <dd>
      <span class="sp-value">${text === '' ? html`<span class="muted">(empty)</span>` : text}${isCut && ' …'}</span>
      ${
        isCut &&
        html`<button type="button" class="button small" onClick=${() => setWhole(true)}>
          Show all ${counted(value.length, 'character')}
        </button>`
      }
      <${Tools} label=${key} value=${value} search=${search} />
    </dd>
  </div>`
}

export interface ToolsProps {
  /** What is copied, in words. */
  readonly label: string
  readonly value: string
  readonly search?: string | undefined
}

/** Copies a value, and leads to the traces that have it too. */
export function Tools({ label, value, search }: ToolsProps): VNode {
  const [said, say] = useState('')
  useEffect(() => {
    if (said === '') return
    const timer = setTimeout(() => say(''), 1500)
    return () => clearTimeout(timer)
  }, [said])
  const copy = async () => say((await copied(value)) ? 'Copied' : 'Not allowed to copy')
  const link = tracesLink(search)
  return html`<span class=${`sp-tools${said ? ' has-said' : ''}`}>
    <button type="button" class="sp-tool" aria-label=${`Copy ${label}`} title="Copy" onClick=${copy}>
      ${said ? html`<span class="sp-said">${said}</span>` : html`<${Icon} name="copy" />`}
    </button>
    <span class="visually-hidden" aria-live="polite">${said}</span>
    ${
      link &&
      html`<a class="sp-tool" href=${link} aria-label=${`Search traces with this value of ${label}`} title="Search traces with this value">
        <${Icon} name="search" />
      </a>`
    }
  </span>`
}
