import { signal } from '@preact/signals'
import { Dialog } from '../common/dialog.js'
import { html, type VNode } from '../common/html.js'

export const helpIsOpen = signal(false)

export interface HelpSection {
  readonly title: string
  /** Keys or words, and what they do. */
  readonly lines: readonly (readonly [string, string])[]
}

const EVERYWHERE: HelpSection = {
  title: 'Everywhere',
  lines: [
    ['?', 'This help'],
    ['Esc', 'Close what is open, or leave a field'],
  ],
}

/** What each view adds to the help; it is shown for the present view. */
export const helpSections = signal<readonly HelpSection[]>([])

export function Help(): VNode | null {
  if (!helpIsOpen.value) return null
  const close = () => {
    helpIsOpen.value = false
  }
  return html`<${Dialog} title="Help" onClose=${close} class="help">
    <div class="help-sections">
      ${[...helpSections.value, EVERYWHERE].map(
        ({ title, lines }) => html`<section>
          <h3>${title}</h3>
          <dl class="help-lines">
            ${lines.map(([key, text]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${text}</dd></div>`)}
          </dl>
        </section>`,
      )}
    </div>
  <//>`
}
