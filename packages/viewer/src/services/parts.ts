import { serviceClass } from '../common/colours.js'
import { html, type VNode } from '../common/html.js'
import { countText, percentText } from '../common/text.js'
import { change, linkTo } from '../shell/address.js'

/** A service's name with its colour; a link to its page. */
export function ServiceName({ service }: { readonly service: string }): VNode {
  if (service === '') return html`<span class="muted">(no service name)</span>`
  return html`<a class=${`service-link ${serviceClass(service)}`} href=${linkTo({ view: 'service', service })} title=${service}>
    <i class="swatch" aria-hidden="true"></i><span class="ellipsis">${service}</span>
  </a>`
}

/** A share of errors. Zero is quiet. */
export function ErrorShare({
  errors,
  of,
}: {
  readonly errors: number
  readonly of: number
}): VNode {
  if (errors === 0) return html`<span class="muted">0%</span>`
  return html`<span class="bad" title=${`${countText(errors)} of ${countText(of)}`}>${percentText(errors / of)}</span>`
}

/** What to do where a range has no spans. */
export function LongerRange(): VNode {
  const choose = () => change({ range: '24h', from: undefined, to: undefined })
  return html`<p><button type="button" class="button" onClick=${choose}>Look at the last 24 hours</button></p>`
}
