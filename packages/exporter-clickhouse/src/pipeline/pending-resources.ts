import { within } from '../common/deadline.js'

interface AsyncResource {
  readonly asyncAttributesPending?: boolean | undefined
  waitForAsyncAttributes?(): Promise<void>
}

/** A record of any signal. */
export interface OfResource {
  readonly resource: object
}

const waits = new WeakMap<AsyncResource, Promise<unknown>>()
/** Resources that were waited for in vain: some of their attributes may never come. */
const givenUp = new WeakSet<AsyncResource>()

/**
 * Resolves when all attributes of the records' resources are known, or have been waited for long enough; undefined if they are known
 * already. Never throws, never rejects.
 */
export function pendingResources(
  records: readonly OfResource[],
  patienceMs: number,
): Promise<unknown> | undefined {
  const pending = new Set<AsyncResource>()
  for (const record of records) {
    const resource = pendingResource(record)
    if (resource) pending.add(resource)
  }
  if (pending.size === 0) return undefined
  return Promise.all([...pending].map((resource) => waitFor(resource, patienceMs)))
}

/** All records wait for the same promise. A promise that never settles would keep what each record leaves there. */
function waitFor(resource: AsyncResource, patienceMs: number): Promise<unknown> {
  const wait = waits.get(resource) ?? known(resource, patienceMs)
  waits.set(resource, wait)
  return wait
}

async function known(resource: AsyncResource, patienceMs: number): Promise<void> {
  const settled = async () => {
    await Promise.allSettled([(async () => resource.waitForAsyncAttributes?.())()])
  }
  if (!(await within(patienceMs, settled, { ref: false }))) givenUp.add(resource)
}

export function isPending(record: OfResource): boolean {
  return pendingResource(record) !== undefined
}

function pendingResource(record: OfResource): AsyncResource | undefined {
  try {
    const resource: AsyncResource | undefined = record.resource
    return resource?.asyncAttributesPending && !givenUp.has(resource) ? resource : undefined
  } catch {
    return undefined // a resource that cannot be read is not waited for
  }
}
