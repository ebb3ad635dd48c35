import { useEffect, useRef, useState } from 'preact/hooks'
import { change, parameter } from '../shell/address.js'
import type { Tree } from './nodes.js'

/** How long the cursor must rest before the address follows: browsers refuse more than some 20 changes a second. */
const REST_MS = 150

export interface Cursor {
  /** The key of the node that the cursor is on. */
  readonly key: string
  readonly isDetailOpen: boolean
  /** The address names a span that is not among the spans. */
  readonly lost: string | undefined
  moveTo(key: string): void
  open(key: string): void
  close(): void
}

/** The cursor, and the detail of the span that it is on. While the detail is open, the address names the span. */
export function useCursor(tree: Tree, onArrive: (key: string) => void): Cursor {
  const named = parameter('span')
  const isThere = named !== '' && tree.numberOfKey.has(named)
  const [key, setKey] = useState(() => (isThere ? named : (tree.nodes[0]?.key ?? '')))
  const written = useRef('')
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined)

  // From outside: a link, the back button, or a span that has just arrived.
  useEffect(() => {
    if (!isThere || named === written.current) return
    written.current = named
    clearTimeout(timer.current)
    setKey(named)
    onArrive(named)
  }, [named, isThere])
  useEffect(() => () => clearTimeout(timer.current), [])

  const write = (of: string, replace: boolean) => {
    const span = spanKey(tree, of)
    if (span === undefined) return
    written.current = span
    change({ span }, { replace })
  }
  return {
    key: tree.numberOfKey.has(key) ? key : (tree.nodes[0]?.key ?? ''),
    isDetailOpen: isThere,
    lost: named !== '' && !isThere ? named : undefined,
    moveTo(next) {
      setKey(next)
      clearTimeout(timer.current)
      if (isThere) timer.current = setTimeout(() => write(next, true), REST_MS)
    },
    open(next) {
      setKey(next)
      clearTimeout(timer.current)
      // The back button closes what this opens.
      write(next, isThere)
    },
    close() {
      clearTimeout(timer.current)
      written.current = ''
      change({ span: undefined }, { replace: true })
    },
  }
}

/** What the address names: of a group and of a missing parent, the first span below. */
function spanKey(tree: Tree, key: string): string | undefined {
  const number = tree.numberOfKey.get(key) ?? -1
  for (let i = number; i >= 0 && i < tree.nodes.length; i++)
    if (tree.nodes[i]?.kind === 'span') return tree.nodes[i]?.key
  return undefined
}
