import type { SpanLike } from '@spanhouse/transform'

interface AsyncResource {
  readonly asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
}

/** Settles when all attributes of the spans' resources are known; undefined if they are. Never throws, never rejects. */
export function pendingResources(spans: readonly SpanLike[]): Promise<unknown> | undefined {
  const pending = new Set<AsyncResource>()
  for (const span of spans) {
    const resource = pendingResource(span)
    if (resource) pending.add(resource)
  }
  if (pending.size === 0) return undefined
  return Promise.allSettled(
    [...pending].map(async (resource) => resource.waitForAsyncAttributes?.()),
  )
}

export function isPending(span: SpanLike): boolean {
  return pendingResource(span) !== undefined
}

function pendingResource(span: SpanLike): AsyncResource | undefined {
  try {
    const resource: AsyncResource | undefined = span.resource
    return resource?.asyncAttributesPending ? resource : undefined
  } catch {
    return undefined // what cannot be read is not waited for
  }
}
