import type { Api } from './api.js'
import type { Instrumentation } from './instrumentations.js'
import type { Sdk } from './sdk.js'
import type { OtherSignals } from './signals.js'

/** What an SDK is started with. */
export interface Plan {
  readonly sdk: Sdk
  readonly api: Api
  readonly env: NodeJS.ProcessEnv
  readonly spanProcessors: readonly object[]
  readonly instrumentations: readonly Instrumentation[]
  readonly off: OtherSignals['off']
  readonly hasOthers: boolean
}
