import { useEffect, useRef } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { change, parameter } from '../shell/address.js'
import { Editor } from './editor.js'
import { sqlOf } from './history.js'
import { SqlOutcome } from './outcome.js'
import { draft, loadHistory, run } from './state.js'

/** A box for a statement, and below it what the server answers. */
export function Sql(): VNode {
  const box = useRef<HTMLTextAreaElement>(null)
  const given = parameter('sql')
  useEffect(() => {
    loadHistory()
    const takeHash = () => {
      const linked = sqlOf(location.hash)
      if (linked !== undefined) draft.value = linked
    }
    takeHash()
    addEventListener('hashchange', takeHash)
    box.current?.focus()
    return () => removeEventListener('hashchange', takeHash)
  }, [])
  // A statement that another view sends here does not stay in the address: it may be private, and it is about to be changed.
  useEffect(() => {
    if (!given) return
    draft.value = given
    change({ sql: undefined }, { replace: true })
  }, [given])
  const goTo = (offset: number) => {
    box.current?.focus()
    box.current?.setSelectionRange(offset, offset)
  }
  return html`<div class="page sql-page">
    <h1 class="visually-hidden">SQL</h1>
    <${Editor} box=${box} />
    <${SqlOutcome} run=${run.value} onPosition=${goTo} />
  </div>`
}
