import type { SpanLike } from '@spanhouse/transform'

interface AsyncResource {
  readonly asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
}

/** Settles when all attributes of the spans' resources are known; undefined if they are. Never rejects. */
export function pendingResources(spans: readonly SpanLike[]): Promise<unknown> | undefined {
  const pending = new Set<AsyncResource>()
  for (const { resource } of spans) {
    if ((resource as AsyncResource | undefined)?.asyncAttributesPending) pending.add(resource)
  }
  if (pending.size === 0) return undefined
  return Promise.allSettled([...pending].map((resource) => resource.waitForAsyncAttributes?.()))
}
