import { computed, effect, signal } from '@preact/signals'
import type { Meta } from '../api/answers.js'
import { askMeta, onRefused } from '../api/client.js'
import type { Failure } from '../common/result.js'
import { parameter } from './address.js'

/** What the server and its tables are; undefined until the first answer. */
export const meta = signal<Meta | undefined>(undefined)
export const metaError = signal<Failure | undefined>(undefined)
/** The server does not know this page's token. */
export const isRefused = signal(false)

/** The command or its ClickHouse may just be starting. */
const RETRY_MS = 3000

const chosenTable = computed(() => parameter('table'))
const again = signal(0)
/** Asks once more, for example because there was no table yet. */
export function askMetaAgain(): void {
  again.value += 1
}

/** Asks about the server now, and whenever another table is chosen. */
export function followMeta(): void {
  onRefused(() => {
    isRefused.value = true
  })
  effect(() => {
    again.value
    const abort = new AbortController()
    let retry: ReturnType<typeof setTimeout> | undefined
    void askMeta(chosenTable.value, abort.signal).then((result) => {
      if (abort.signal.aborted) return
      metaError.value = result.ok ? undefined : result.error
      if (result.ok) meta.value = result.value
      else retry = setTimeout(askMetaAgain, RETRY_MS)
    })
    return () => {
      abort.abort()
      clearTimeout(retry)
    }
  })
}
