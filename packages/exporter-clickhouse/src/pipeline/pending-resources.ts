interface AsyncResource {
  readonly asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
}

/** A record of any signal. */
export interface OfResource {
  readonly resource: object
}

/** Settles when all attributes of the records' resources are known; undefined if they are known already. Never throws, never rejects. */
export function pendingResources(records: readonly OfResource[]): Promise<unknown> | undefined {
  const pending = new Set<AsyncResource>()
  for (const record of records) {
    const resource = pendingResource(record)
    if (resource) pending.add(resource)
  }
  if (pending.size === 0) return undefined
  return Promise.allSettled(
    [...pending].map(async (resource) => resource.waitForAsyncAttributes?.()),
  )
}

export function isPending(record: OfResource): boolean {
  return pendingResource(record) !== undefined
}

function pendingResource(record: OfResource): AsyncResource | undefined {
  try {
    const resource: AsyncResource | undefined = record.resource
    return resource?.asyncAttributesPending ? resource : undefined
  } catch {
    return undefined // a resource that cannot be read is not waited for
  }
}
