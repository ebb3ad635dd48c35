import { setTimeout as sleep } from 'node:timers/promises'

/** Resolves as `promise` does, or rejects if that takes longer than `ms`. */
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

/** Calls `isSo` until it gives true; gives false if that takes longer than `ms`. */
export async function eventually(ms, signal, isSo) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(100, undefined, { signal })) {
    if (await isSo()) return true
  }
  return false
}
