import { setMaxListeners } from 'node:events'

/** Members that came one after the other, without a call of `whenGone()` between them that still waits. */
export interface Cohort {
  readonly number: number
  /** Members that have not gone. Never 0 while it is in the list. */
  size: number
  older: Cohort | undefined
  newer: Cohort | undefined
  /** They wait for this cohort and all older ones. */
  waiters: Set<Waiter> | undefined
}

interface Waiter {
  cohort: Cohort
  readonly resolve: () => void
}

interface Member {
  /** Undefined: nobody waits for it. */
  cohort: Cohort | undefined
}

/**
 * Lets callers wait until everything that is there now has gone. A call costs the same however much is there, and so does a departure: a
 * cohort only counts its members, and a call waits for the newest cohort and all older ones.
 */
export class Cohorts {
  #newest: Cohort | undefined
  #nextNumber = 0

  joins(member: Member): void {
    if (member.cohort) return
    const newest = this.#newest
    const cohort = newest && !newest.waiters ? newest : this.#begin()
    cohort.size++
    member.cohort = cohort
  }

  /** Calls that wait for it wait for `heirs` in its place. */
  leaves(member: Member, heirs: readonly Member[] = []): void {
    const { cohort } = member
    if (!cohort) return
    member.cohort = undefined
    for (const heir of heirs) {
      if (heir.cohort && heir.cohort.number <= cohort.number) continue
      this.leaves(heir)
      heir.cohort = cohort
      cohort.size++
    }
    cohort.size--
    if (cohort.size === 0) this.#end(cohort)
  }

  /** Resolves when all members have left, or when the signal aborts because nobody waits any more. */
  whenGone(signal: AbortSignal): Promise<void> {
    const cohort = this.#newest
    if (!cohort || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const waiter: Waiter = {
        cohort,
        resolve: () => {
          signal.removeEventListener('abort', giveUp)
          resolve()
        },
      }
      const giveUp = () => {
        const { cohort } = waiter
        cohort.waiters?.delete(waiter)
        if (cohort.waiters?.size === 0) cohort.waiters = undefined
        resolve()
      }
      wait(waiter, cohort)
      setMaxListeners(0, signal) // each destination adds a listener
      signal.addEventListener('abort', giveUp, { once: true })
    })
  }

  #begin(): Cohort {
    const number = this.#nextNumber++
    const older = this.#newest
    const cohort: Cohort = { number, size: 0, older, newer: undefined, waiters: undefined }
    if (older) older.newer = cohort
    this.#newest = cohort
    return cohort
  }

  #end(cohort: Cohort): void {
    const { older, newer, waiters = [] } = cohort
    if (older) older.newer = newer
    if (newer) newer.older = older
    else this.#newest = older
    for (const waiter of waiters) {
      if (older) wait(waiter, older)
      else waiter.resolve()
    }
  }
}

function wait(waiter: Waiter, cohort: Cohort): void {
  waiter.cohort = cohort
  cohort.waiters ??= new Set()
  cohort.waiters.add(waiter)
}
