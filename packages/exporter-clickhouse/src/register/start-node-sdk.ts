import { load } from './application.js'
import { resourceDetectors } from './detectors.js'
import type { Plan } from './plan.js'

interface NodeSdkModule {
  readonly NodeSDK: new (options: object) => { start(): void }
}

export function startNodeSdk({ sdk, env, spanProcessors, instrumentations, off }: Plan): void {
  const { NodeSDK } = load<NodeSdkModule>(sdk)
  new NodeSDK({
    spanProcessors,
    instrumentations,
    resourceDetectors: resourceDetectors(sdk, env),
    ...off,
  }).start()
}
