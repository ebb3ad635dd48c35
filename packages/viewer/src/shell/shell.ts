import { useEffect } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { useKeys } from '../common/keys.js'
import { Empty } from '../common/states.js'
import { followLinks, linkTo, route } from './address.js'
import { Header } from './header.js'
import { Help, type HelpSection, helpIsOpen, helpSections } from './help.js'
import { isRefused, metaError } from './meta.js'
import type { Route, ViewName } from './route.js'
import { Foot, SqlDrawer } from './sql-drawer.js'

/** A view, as `main.ts` lists them. */
export interface View {
  /** For the title of the tab. */
  readonly title: (route: Route) => string
  readonly component: (props: { readonly route: Route }) => VNode | null
  readonly help?: readonly HelpSection[]
}

export type Views = Readonly<Record<Exclude<ViewName, 'unknown'>, View>>

export function Shell({ views }: { readonly views: Views }): VNode {
  const current = route.value
  const view = current.view === 'unknown' ? undefined : views[current.view]
  const title = view?.title(current)
  useEffect(() => {
    document.title = title ? `${title} · spanhouse` : 'spanhouse'
  }, [title])
  useEffect(() => {
    helpSections.value = view?.help ?? []
  }, [view])
  useKeys({
    '?': () => {
      helpIsOpen.value = true
    },
  })
  return html`<div class="shell" onClick=${followLinks}>
    <a class="skip" href="#main">Skip to the content</a>
    <${Header} />
    <main id="main" class="main" tabindex="-1">
      ${isRefused.value ? html`<${Refused} />` : view ? html`<${view.component} route=${current} />` : html`<${Unknown} />`}
    </main>
    <${Foot} />
    <${Help} />
    <${SqlDrawer} />
    ${metaError.value && !isRefused.value && html`<p class="notice" role="alert">${metaError.value.message} ${metaError.value.fix}</p>`}
  </div>`
}

/** The cookie of the page is gone or of an earlier start of the command. */
function Refused(): VNode {
  return html`<${Empty} title="This page has no access any more.">
    <p>Open the link with <code>?token=…</code> that <code>spanhouse</code> printed in the terminal. Each start prints a new one.</p>
  <//>`
}

function Unknown(): VNode {
  return html`<${Empty} title="There is no such page.">
    <p><a href=${linkTo({ view: 'traces' })}>Go to the traces</a></p>
  <//>`
}
