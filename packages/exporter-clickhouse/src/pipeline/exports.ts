import { hook } from '../common/hook.js'
import type { OfResource } from './pending-resources.js'

/** `ExportResult` of @opentelemetry/core 2 and 3. */
export interface ExportResult {
  code: 0 | 1
  error?: Error
}

/** What is used of a pipeline. Its own type would draw those of most rooms into the published types. */
interface Taking<Input> {
  readonly closed: boolean
  export(records: readonly Input[]): Promise<boolean>
}

type ResultCallback = (result: ExportResult) => void

// ExportResultCode of @opentelemetry/core. A test compares them with versions 2 and 3.
const SUCCESS = 0
const FAILED = 1

/**
 * The `export()` of an exporter: calls back exactly once and never throws. `records`: what the results call them. The result is FAILED only
 * after shutdown, or if no destination took any of them.
 */
export function exportsOf<Input extends OfResource>(
  pipeline: Taking<Input>,
  records: string,
): (given: readonly Input[], resultCallback: ResultCallback) => void {
  // The callback may throw. Without this wrapper, an unhandled rejection would end the application.
  const callBack = hook(
    'the callback of export()',
    (resultCallback: ResultCallback, result: ExportResult) => resultCallback(result),
  )
  const resultOf = async (given: readonly Input[]): Promise<ExportResult> => {
    if (pipeline.closed) return failed('the exporter is shut down')
    try {
      const taken = await pipeline.export(given)
      return taken ? { code: SUCCESS } : failed(`every destination dropped these ${records}`)
    } catch (error) {
      return { code: FAILED, error: error as Error }
    }
  }
  return (given, resultCallback) =>
    void resultOf(given).then((result) => callBack(resultCallback, result))
}

function failed(why: string): ExportResult {
  return { code: FAILED, error: new Error(`spanhouse: ${why}`) }
}
