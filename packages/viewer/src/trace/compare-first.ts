/** A trace that another one is to be compared with. */
export interface Remembered {
  readonly id: string
  readonly service: string
  readonly name: string
  readonly durationNs: number
}

const KEY = 'spanhouse.compare'

/** Lasts as long as the tab. */
export function remember(trace: Remembered): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(trace))
  } catch {
    // The browser keeps nothing: a trace of the same operation can still be chosen.
  }
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY)
  } catch {
    // Nothing was kept.
  }
}

export function remembered(): Remembered | undefined {
  try {
    return rememberedIn(sessionStorage.getItem(KEY))
  } catch {
    return undefined
  }
}

/** What was stored, if it is what `remember` stores. */
export function rememberedIn(text: string | null): Remembered | undefined {
  if (!text) return undefined
  try {
    const { id, service, name, durationNs } = JSON.parse(text) as Record<string, unknown>
    if (typeof id !== 'string' || typeof service !== 'string' || typeof name !== 'string')
      return undefined
    return { id, service, name, durationNs: Number(durationNs) }
  } catch {
    return undefined
  }
}
