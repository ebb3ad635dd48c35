import type { Api } from './api.js'
import type { Instrumentation } from './instrumentations.js'
import type { Sdk } from './sdk.js'

/** What an SDK is started with. */
export interface Plan {
  readonly sdk: Sdk
  readonly api: Api
  readonly env: NodeJS.ProcessEnv
  readonly spanProcessors: readonly object[]
  /** Undefined if logs are to be left alone. An empty list switches them off. */
  readonly logRecordProcessors: readonly object[] | undefined
  /** The same for metrics. */
  readonly metricReaders: readonly object[] | undefined
  readonly instrumentations: readonly Instrumentation[]
}
