import { load } from './application.js'
import { resourceDetectors } from './detectors.js'
import { flushOtherProviders } from './other-providers.js'
import type { Plan } from './plan.js'

interface NodeSdkModule {
  readonly NodeSDK: new (options: object) => { start(): void }
}

export function startNodeSdk({
  sdk,
  env,
  spanProcessors,
  instrumentations,
  off,
  hasOthers,
}: Plan): void {
  const { NodeSDK } = load<NodeSdkModule>(sdk)
  const nodeSdk = new NodeSDK({
    spanProcessors,
    instrumentations,
    resourceDetectors: resourceDetectors(sdk, env),
    ...off,
  })
  nodeSdk.start()
  if (hasOthers) flushOtherProviders(nodeSdk)
}
