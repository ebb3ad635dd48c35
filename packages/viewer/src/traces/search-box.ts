import type { Ref } from 'preact'
import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { html, type VNode } from '../common/html.js'
import { Icon } from '../common/icons.js'
import { Chips } from './chips.js'
import { completed, type Suggestion, typingAt } from './completion.js'
import { mistakesIn } from './mistakes.js'
import { useSuggestions } from './suggestions.js'
import { tokensOf, withMore, without } from './tokens.js'

export interface SearchBoxProps {
  /** The search text that is shown. */
  readonly q: string
  readonly onSearch: (q: string) => void
  /** What is wrong with `q`, which may come from a link. */
  readonly mistakes: readonly string[]
  readonly input: Ref<HTMLInputElement>
}

/** A search as a row of conditions, and a field for the next one that completes what is typed. */
export function SearchBox({ q, onSearch, mistakes: ofSearch, input }: SearchBoxProps): VNode {
  const [draft, setDraft] = useState('')
  const [caret, setCaret] = useState(0)
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(-1)
  const [mistakes, setMistakes] = useState<readonly string[]>([])
  const box = useRef<HTMLDivElement>(null)
  const id = useId()
  const typing = typingAt(draft, caret)
  const suggestions = useSuggestions(isOpen ? typing : undefined)
  const tokens = tokensOf(q)
  const field = () => box.current?.querySelector('input') ?? undefined

  useEffect(() => setMistakes([]), [q])
  const setText = (text: string, at: number) => {
    setDraft(text)
    setCaret(at)
    setActive(-1)
    const element = field()
    if (!element) return
    element.value = text
    element.focus()
    element.setSelectionRange(at, at)
  }
  const search = (more: string) => {
    const found = mistakesIn(more)
    setMistakes(found)
    if (found.length > 0) return
    setText('', 0)
    setOpen(false)
    onSearch(withMore(q, more))
  }
  const accept = (suggestion: Suggestion) => {
    const next = completed(draft, typing.token, suggestion)
    if (suggestion.isWhole && next.caret === next.draft.length) return search(next.draft)
    setText(next.draft, next.caret)
    setOpen(true)
  }
  const edit = (index: number) => {
    const text = tokens[index]?.text ?? ''
    onSearch(without(q, index))
    setText(text, text.length)
    setOpen(true)
  }
  const onInput = (event: Event) => {
    const { value, selectionStart } = event.target as HTMLInputElement
    setDraft(value)
    setCaret(selectionStart ?? value.length)
    setActive(-1)
    setMistakes([])
    setOpen(true)
  }
  const move = (by: number) => {
    if (!isOpen) setOpen(true)
    const count = suggestions.length
    if (count > 0) setActive((active + by + (active < 0 && by < 0 ? 1 : 0) + count) % count)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return // Enter and the arrows choose among an input method's candidates
    const chosen = isOpen ? suggestions[active] : undefined
    switch (event.key) {
      case 'ArrowDown':
        move(1)
        break
      case 'ArrowUp':
        move(-1)
        break
      case 'Tab':
        if (!chosen) return setOpen(false)
        accept(chosen)
        break
      case 'Enter':
        if (chosen) accept(chosen)
        else if (draft.trim()) search(draft)
        else setOpen(false)
        break
      case 'Escape':
        if (isOpen) setOpen(false)
        else if (draft) setText('', 0)
        else field()?.blur()
        break
      case 'Backspace':
        if (draft !== '' || tokens.length === 0) return
        edit(tokens.length - 1)
        break
      default:
        return
    }
    event.preventDefault()
  }
  const onFocusOut = (event: FocusEvent) => {
    if (!box.current?.contains(event.relatedTarget as Node | null)) setOpen(false)
  }
  const said = mistakes.length > 0 ? mistakes : ofSearch
  const isListed = isOpen && suggestions.length > 0
  return html`<div class="search" role="search" ref=${box} onFocusOut=${onFocusOut}>
    <div class="search-field" onClick=${(event: Event) => event.target === event.currentTarget && field()?.focus()}>
      <${Icon} name="search" />
      <${Chips} tokens=${tokens} onEdit=${edit} onRemove=${(index: number) => onSearch(without(q, index))} />
      <input
        ref=${input}
        class="search-input"
        type="text"
        role="combobox"
        aria-label="Search traces"
        aria-expanded=${isListed}
        aria-controls=${`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant=${isListed && active >= 0 ? `${id}-${active}` : undefined}
        aria-invalid=${said.length > 0}
        aria-describedby=${said.length > 0 ? `${id}-problems` : undefined}
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        placeholder=${tokens.length > 0 ? 'Add a condition' : 'Search: service:shop status:error duration:>500ms http.route=/users or any text'}
        value=${draft}
        onInput=${onInput}
        onKeyDown=${onKeyDown}
        onFocus=${() => setOpen(true)}
        onClick=${() => setOpen(true)}
        onSelect=${(event: Event) => setCaret((event.target as HTMLInputElement).selectionStart ?? 0)}
      />
      ${!draft && !isOpen && tokens.length === 0 && html`<kbd class="search-key" aria-hidden="true">/</kbd>`}
      ${
        tokens.length > 0 &&
        html`<button type="button" class="button quiet search-clear" onClick=${() => onSearch('')}>Clear</button>`
      }
    </div>
    <ul class="suggestions" role="listbox" id=${`${id}-list`} aria-label="Suggestions" hidden=${!isListed}>
      ${
        isListed &&
        suggestions.map(
          (suggestion, index) => html`<li
            key=${suggestion.insert}
            id=${`${id}-${index}`}
            role="option"
            class="option suggestion"
            aria-selected=${index === active}
            onMouseDown=${(event: Event) => {
              event.preventDefault() // the field keeps the focus
              accept(suggestion)
            }}
          ><span class="suggestion-label">${suggestion.label}</span><span class="muted">${suggestion.hint}</span></li>`,
        )
      }
    </ul>
    ${
      said.length > 0 &&
      html`<div class="search-problems" id=${`${id}-problems`} role="alert">
        ${said.map((one) => html`<p class="problem">${one}</p>`)}
      </div>`
    }
  </div>`
}
