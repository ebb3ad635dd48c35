import { useEffect, useState } from 'preact/hooks'
import { ask } from '../api/client.js'
import { countText } from '../common/text.js'
import { asked } from '../shell/time.js'
import {
  FIXED,
  type Suggestion,
  type Typing,
  valueSuggestions,
  wordSuggestions,
} from './completion.js'

interface Known {
  readonly value: string
  readonly hint: string
}

/** How long to wait after a letter before the server is asked: others may follow. */
const PAUSE_MS = 120

/** What can be completed at the caret. Names come from the spans of the range; without an answer there are only the words of the language. */
export function useSuggestions(typing: Typing | undefined): Suggestion[] {
  const [keys, setKeys] = useState<readonly { key: string; place: string }[]>([])
  const [values, setValues] = useState<{ of: string; known: readonly Known[] }>({
    of: '',
    known: [],
  })
  const isActive = typing !== undefined
  const { rangeKey, table } = asked.value
  const wanted = typing && typing.kind !== 'word' ? subjectOf(typing) : ''
  const prefix = typing?.prefix ?? ''

  useEffect(() => {
    if (!isActive) return
    const abort = new AbortController()
    const { rangeKey: _, ...range } = asked.peek()
    void ask('keys', { ...range, limit: 500 }, abort.signal).then((result) => {
      if (result.ok) setKeys(result.value.rows)
    })
    return () => abort.abort()
  }, [isActive, rangeKey, table])

  useEffect(() => {
    if (!typing || typing.kind === 'word') return
    const abort = new AbortController()
    const timer = setTimeout(() => {
      void valuesOf(typing, keys, abort.signal).then((known) => {
        if (known && !abort.signal.aborted) setValues({ of: wanted, known })
      })
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [wanted, prefix, rangeKey, table])

  if (!typing) return []
  if (typing.kind === 'word') return wordSuggestions(typing.prefix, keys)
  const fixed = typing.kind === 'field' ? FIXED[typing.field] : undefined
  if (fixed)
    return valueSuggestions(
      typing,
      fixed.map((value) => ({ value, hint: '' })),
    )
  return values.of === wanted ? valueSuggestions(typing, values.known) : []
}

function subjectOf(typing: Exclude<Typing, { kind: 'word' }>): string {
  return typing.kind === 'field' ? `${typing.field}:` : `${typing.key}=`
}

async function valuesOf(
  typing: Exclude<Typing, { kind: 'word' }>,
  keys: readonly { key: string; place: string }[],
  signal: AbortSignal,
): Promise<Known[] | undefined> {
  const { rangeKey: _, ...range } = asked.peek()
  if (typing.kind === 'field') {
    if (typing.field === 'service') {
      const result = await ask('services', range, signal)
      if (!result.ok) return undefined
      return result.value.rows.map(({ service, spans }) => ({
        value: service,
        hint: spansHint(spans),
      }))
    }
    if (typing.field === 'has')
      return keys.map(({ key, place }) => ({
        value: key,
        hint: place === 'resource' ? 'resource' : '',
      }))
    if (typing.field !== 'name') return []
    const result = await ask(
      'operation-names',
      { ...range, prefix: typing.prefix, limit: 50 },
      signal,
    )
    return result.ok ? known(result.value.rows) : undefined
  }
  const place = keys.find(({ key }) => key === typing.key)?.place
  const { key, prefix } = typing
  const result = await ask('values', { ...range, key, place, prefix, limit: 50 }, signal)
  return result.ok ? known(result.value.rows) : undefined
}

function known(rows: readonly { value: string; spans: number }[]): Known[] {
  return rows.map(({ value, spans }) => ({ value, hint: spansHint(spans) }))
}

function spansHint(spans: number): string {
  return `${countText(spans)}×`
}
