import type { Signal } from '../config/config.js'
import type { SampleConfig } from '../config/routing-options.js'
import { Hold } from './hold.js'

const holds = new Map<string, { readonly hold: Hold; users: number }>()

/** The hold of all signals and destinations of this process that sample alike, so that log records follow the spans of their trace. */
export function shareHold(sample: SampleConfig, signal: Signal): { hold: Hold; leave(): void } {
  const key = JSON.stringify(sample)
  const shared = holds.get(key) ?? { hold: new Hold(sample), users: 0 }
  holds.set(key, shared)
  shared.users++
  const spans = signal === 'traces' ? 1 : 0
  shared.hold.spanOwners += spans
  let isOut = false
  return {
    hold: shared.hold,
    leave() {
      if (isOut) return
      isOut = true
      shared.users--
      shared.hold.spanOwners -= spans
      if (shared.users === 0) holds.delete(key)
    },
  }
}
