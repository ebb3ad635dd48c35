import { turn } from '../common/clock.js'
import { within } from '../common/deadline.js'
import { errorText } from '../common/errors.js'
import { hook } from '../common/hook.js'
import { flushBeforeExit } from '../lifetime/before-exit.js'
import { flushOnSignal } from '../lifetime/flush-on-signal.js'
import { type OfResource, pendingResources } from '../pipeline/pending-resources.js'
import type { Backend } from './backend.js'
import type { BackendOptions } from './backend-options.js'
import type { RecordKind } from './kind.js'
import type { BackendName } from './names.js'
import type { SdkExporter, SdkProcessor } from './sdk.js'
import { trackedExporter } from './tracked-exporter.js'
import { warn } from './warn.js'

interface Parts {
  readonly name: BackendName
  readonly exporter: SdkExporter
  /** Puts the processor in front of the exporter that it gets. */
  processorOf(exporter: SdkExporter): SdkProcessor
  readonly options: BackendOptions
  /** What to do if the backend takes nothing. */
  readonly advice?: string
}

/** A backend made of an exporter and a processor of the SDK. */
export function sdkBackend<Input extends OfResource>(
  { records, isTaken, hand }: RecordKind<Input>,
  { name, exporter, processorOf, options, advice = '' }: Parts,
): Backend<Input> {
  const say = (text: string) => warn(text, options.warnings)
  // The SDK logs failures only if there is a logger. A collector that has never taken a span must be noticed without one.
  const tracked = trackedExporter(exporter, (error) =>
    say(`${name} has taken no ${records}: ${errorText(error)}.${advice}`),
  )
  const processor = processorOf(tracked)
  const failed = hook(`the processor of ${name}`, (error: unknown) => {
    throw error
  })
  let acceptedRows = 0
  let last: Input | undefined
  let closed: Promise<void> | undefined

  const settle = async (): Promise<void> => {
    // A batch may wait inside the processor for its resource. Neither forceFlush() nor idle() waits for such a batch.
    if (last) await pendingResources([last], options.flushTimeoutMs)
    await turn()
    const flushed = await tried(() => processor.forceFlush())
    await tracked.idle()
    if (flushed.status === 'rejected') throw flushed.reason
  }

  const flush = async (timeoutMs: number = options.flushTimeoutMs): Promise<void> => {
    if (await within(timeoutMs, settle)) return
    throw new Error(`spanhouse: ${name} has not flushed within ${timeoutMs} ms`)
  }

  const close = async (): Promise<void> => {
    const { shutdownTimeoutMs } = options
    const inTime = await within(shutdownTimeoutMs, async () => {
      await tried(settle)
      await tried(() => processor.shutdown())
      await tried(() => exporter.shutdown())
    })
    for (const remove of registrations) remove()
    if (!inTime)
      say(`${name} was not shut down within ${shutdownTimeoutMs} ms: ${records} may be lost`)
  }

  const registered = {
    flush,
    get acceptedRows() {
      return acceptedRows
    },
    // The SDK exporter's own requests and pauses also hold the process open, up to OTEL_EXPORTER_OTLP_TIMEOUT.
    async flushBeforeExit() {
      const flushed = await flush().then(
        () => true,
        () => false,
      )
      if (!flushed && !tracked.hasOnlyFailed)
        say(`${name} had not taken all ${records} when the process ended: some are lost`)
    },
  }
  const registrations = [
    flushBeforeExit(registered),
    ...(options.flushOnSignal ? [flushOnSignal(registered)] : []),
  ]

  return {
    name,
    accept(record, context) {
      if (!isTaken(record)) return
      acceptedRows++
      last = record
      try {
        hand(processor, record, context)
      } catch (error) {
        failed(error)
      }
    },
    flush,
    shutdown() {
      closed ??= close()
      return closed
    },
  }
}

async function tried(work: () => Promise<unknown>): Promise<PromiseSettledResult<unknown>> {
  const [result] = await Promise.allSettled([(async () => work())()])
  return result
}
