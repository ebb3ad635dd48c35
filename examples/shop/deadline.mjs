import { setTimeout as sleep } from 'node:timers/promises'

/** What `promise` gives, or an error if it has not come within `ms`. */
export async function within(ms, what, promise) {
  let timer
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Asks until the answer is true; false when `ms` have gone by without. */
export async function eventually(ms, signal, isSo) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(100, undefined, { signal })) {
    if (await isSo()) return true
  }
  return false
}
