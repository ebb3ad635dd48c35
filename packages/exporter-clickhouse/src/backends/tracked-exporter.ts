import { newLimit } from '../common/limit.js'
import { withoutTracing } from '../common/suppress-tracing.js'
import type { SdkExporter } from './sdk.js'

const SUCCESS = 0
const FAILED = 1

// A flush hands over everything at once. The official exporter refuses, and so loses, what comes beyond 30 requests at a time.
const MAX_EXPORTS = 8

/** An exporter of the SDK whose exports are known until they have ended: a BatchSpanProcessor does not wait for those it began itself. */
export interface TrackedExporter extends SdkExporter {
  /** Resolves when no export is under way. */
  idle(): Promise<void>
}

/** `onFailure` is told of the first failed export, if none has succeeded before. */
export function trackedExporter(
  exporter: SdkExporter,
  onFailure: (error: unknown) => void,
): TrackedExporter {
  const underWay = new Set<Promise<void>>()
  const limit = newLimit(MAX_EXPORTS)
  let hasAnswered = false

  const send = (
    spans: unknown,
    resultCallback: Parameters<SdkExporter['export']>[1],
  ): Promise<void> =>
    new Promise((resolve) => {
      const end: typeof resultCallback = (result) => {
        if (!hasAnswered && result.code !== SUCCESS) onFailure(result.error ?? 'the export failed')
        hasAnswered = true
        try {
          resultCallback(result)
        } finally {
          resolve()
        }
      }
      try {
        withoutTracing(() => exporter.export(spans, end))
      } catch (error) {
        end({ code: FAILED, error: error as Error })
      }
    })

  return {
    export(spans, resultCallback) {
      const sent = limit.run(() => send(spans, resultCallback))
      underWay.add(sent)
      void sent.then(() => underWay.delete(sent))
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
    // The processor may call it while spans are still on their way to export(). The exporter is shut down after its processor.
    async shutdown() {},
  }
}
