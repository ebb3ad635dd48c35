import type { RefObject } from 'preact'
import { useState } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { Popover } from '../common/popover.js'
import type { Failure } from '../common/result.js'
import { asked } from '../shell/time.js'
import { hashOf } from './history.js'
import { STARTS, type Start, sqlOfStart } from './starts.js'
import { cancelRun, clearHistory, draft, history, run, runDraft } from './state.js'

/** In lines; a longer statement scrolls. */
const LINES = { least: 6, most: 16 }

export function Editor({ box }: { readonly box: RefObject<HTMLTextAreaElement> }): VNode {
  const [problem, setProblem] = useState<Failure | undefined>(undefined)
  const text = draft.value
  const isRunning = run.value.state === 'running'
  const take = (sql: string) => {
    setProblem(undefined)
    draft.value = sql
    box.current?.focus()
  }
  const start = async (chosen: Start) => {
    const result = await sqlOfStart(chosen, asked.peek(), new AbortController().signal)
    if (result.ok) take(result.value)
    else setProblem(result.error)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void runDraft()
  }
  const lines = Math.min(LINES.most, Math.max(LINES.least, text.split('\n').length))
  return html`<section class="editor" aria-label="Statement">
    <textarea
      class="editor-text"
      ref=${box}
      rows=${lines}
      aria-label="SQL"
      placeholder="SELECT …"
      spellcheck=${false}
      autocapitalize="off"
      autocomplete="off"
      value=${text}
      onInput=${(event: Event) => {
        draft.value = (event.target as HTMLTextAreaElement).value
      }}
      onKeyDown=${onKeyDown}
    ></textarea>
    ${problem && html`<p class="editor-problem problem" role="alert">${problem.message} ${problem.fix}</p>`}
    <div class="editor-bar">
      ${
        isRunning
          ? html`<button type="button" class="button" onClick=${cancelRun}>Cancel</button>`
          : html`<button type="button" class="button primary" disabled=${text.trim() === ''} onClick=${() => void runDraft()}>
              Run <kbd class="on-primary">Ctrl</kbd><kbd class="on-primary">Enter</kbd>
            </button>`
      }
      <${Starts} onChoose=${start} />
      <${History} onChoose=${take} />
      <${LinkButton} />
      <span class="editor-limits muted">Reads only. At most 10,000 rows, 20 s and 2 GB of memory.</span>
    </div>
  </section>`
}

function Starts({ onChoose }: { readonly onChoose: (start: Start) => void }): VNode {
  const face = html`<span>Queries of the views</span><${Icon} name="down" />`
  return html`<${Popover} label="Queries of the views" face=${face} class="editor-menu">
    ${(close: () => void) => html`<div class="menu">
      ${STARTS.map(
        (start) => html`<button
          type="button"
          class="option"
          key=${start.name}
          onClick=${() => {
            close()
            onChoose(start)
          }}
        ><code>${start.name}</code><span class="muted">${start.text}</span></button>`,
      )}
    </div>`}
  <//>`
}

function History({ onChoose }: { readonly onChoose: (sql: string) => void }): VNode {
  const face = html`<span>History</span><${Icon} name="down" />`
  return html`<${Popover} label="History" face=${face} class="editor-menu">
    ${(close: () => void) =>
      history.value.length === 0
        ? html`<p class="menu-empty muted">Statements that you run are kept here, in this browser only.</p>`
        : html`<div class="menu">
            ${history.value.map(
              (sql) => html`<button
                type="button"
                class="option"
                key=${sql}
                title=${sql}
                onClick=${() => {
                  close()
                  onChoose(sql)
                }}
              ><code class="ellipsis">${sql.replace(/\s+/g, ' ')}</code></button>`,
            )}
          </div>
          <div class="menu-foot">
            <span class="muted">Kept in this browser only</span>
            <button type="button" class="button quiet" onClick=${clearHistory}>Clear</button>
          </div>`}
  <//>`
}

/** Only now does the statement become part of the address. The part after `#` is sent to no server. */
function LinkButton(): VNode {
  const [said, say] = useState('')
  const link = async () => {
    const { origin, pathname, search } = location
    const address = `${pathname}${search}${hashOf(draft.peek())}`
    window.history.replaceState(null, '', address)
    try {
      await navigator.clipboard.writeText(origin + address)
      say('Link copied')
    } catch {
      say('The link is in the address bar')
    }
    setTimeout(() => say(''), 2000)
  }
  return html`<button type="button" class="button" disabled=${draft.value.trim() === ''} onClick=${() => void link()}>
    <span aria-live="polite">${said || 'Link'}</span>
  </button>`
}
