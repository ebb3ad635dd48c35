/** The part of `localStorage` that is used. It may throw, because it is full or the browser forbids it. */
export type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

const KEY = 'spanhouse.sql.history'
export const MOST_ENTRIES = 50
/** In characters. A longer statement is run, but not kept. */
const LONGEST = 20_000

/** The newest first. */
export function readHistory(store: Store | undefined): string[] {
  try {
    const kept: unknown = JSON.parse(store?.getItem(KEY) ?? '[]')
    if (!Array.isArray(kept)) return []
    return kept.filter((one): one is string => typeof one === 'string').slice(0, MOST_ENTRIES)
  } catch {
    return []
  }
}

/** Returns the history with this statement first. One that was there moves up. */
export function remember(store: Store | undefined, sql: string): string[] {
  const text = sql.trim()
  const before = readHistory(store)
  if (text === '' || text.length > LONGEST) return before
  const after = [text, ...before.filter((one) => one !== text)].slice(0, MOST_ENTRIES)
  try {
    store?.setItem(KEY, JSON.stringify(after))
  } catch {
    // The statement has run; only its memory is lost.
  }
  return after
}

export function forget(store: Store | undefined): void {
  try {
    store?.removeItem(KEY)
  } catch {
    // As above: what cannot be written cannot be removed either.
  }
}

const HASH = '#sql='

export function hashOf(sql: string): string {
  return HASH + encodeURIComponent(sql)
}

/** The statement of a link, or `undefined`. It is shown, never run by itself: a link may come from anybody. */
export function sqlOf(hash: string): string | undefined {
  if (!hash.startsWith(HASH)) return undefined
  try {
    return decodeURIComponent(hash.slice(HASH.length))
  } catch {
    return undefined
  }
}
