import { newLimit } from '../common/limit.js'
import { withoutTracing } from '../common/suppress-tracing.js'
import type { SdkExporter } from './sdk.js'

const SUCCESS = 0
const FAILED = 1

// A flush exports everything at once, and the official exporter drops what exceeds 30 concurrent requests.
const MAX_EXPORTS = 8

/** An SDK exporter whose exports can be waited for: a BatchSpanProcessor does not wait for exports that it began by itself. */
export interface TrackedExporter extends SdkExporter {
  forceFlush(): Promise<void>
  /** Resolves when no export is under way. */
  idle(): Promise<void>
  /** True if `onFailure` was called and no export has succeeded since. */
  readonly hasOnlyFailed: boolean
}

/** Calls `onFailure` once, if the first export that ends has failed. */
export function trackedExporter(
  exporter: SdkExporter,
  onFailure: (error: unknown) => void,
): TrackedExporter {
  const underWay = new Set<Promise<void>>()
  const limit = newLimit(MAX_EXPORTS)
  let succeeded: boolean | undefined

  const send = (
    records: unknown,
    resultCallback: Parameters<SdkExporter['export']>[1],
  ): Promise<void> =>
    new Promise((resolve) => {
      const end: typeof resultCallback = (result) => {
        const isSuccess = result.code === SUCCESS
        if (succeeded === undefined && !isSuccess) onFailure(result.error ?? 'the export failed')
        succeeded = isSuccess || succeeded === true
        try {
          resultCallback(result)
        } finally {
          resolve()
        }
      }
      try {
        withoutTracing(() => exporter.export(records, end))
      } catch (error) {
        end({ code: FAILED, error: error as Error })
      }
    })

  return {
    export(records, resultCallback) {
      const sent = limit.run(() => send(records, resultCallback))
      underWay.add(sent)
      void sent.then(() => underWay.delete(sent))
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    get hasOnlyFailed() {
      return succeeded === false
    },
    async forceFlush() {}, // processors of log records call it; idle() is what waits
    // The processor may call it while records are still on their way to export(). The exporter is shut down after its processor.
    async shutdown() {},
  }
}
