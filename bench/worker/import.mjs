import { performance } from 'node:perf_hooks'

/** How long it takes to load a package that nothing has loaded before. */
export async function measure({ package: name }) {
  const startedAt = performance.now()
  await import(name)
  return { importMs: performance.now() - startedAt }
}
