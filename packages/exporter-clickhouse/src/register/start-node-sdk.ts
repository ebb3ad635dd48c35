import { load } from './application.js'
import { resourceDetectors } from './detectors.js'
import type { Plan } from './plan.js'

interface NodeSdkModule {
  readonly NodeSDK: new (options: object) => { start(): void }
}

export function startNodeSdk({
  sdk,
  env,
  spanProcessors,
  logRecordProcessors,
  metricReaders,
  instrumentations,
}: Plan): void {
  const { NodeSDK } = load<NodeSdkModule>(sdk)
  const nodeSdk = new NodeSDK({
    spanProcessors,
    // Without the option, NodeSDK reads the variable of the signal itself.
    ...(logRecordProcessors && { logRecordProcessors }),
    ...(metricReaders && { metricReaders }),
    instrumentations,
    resourceDetectors: resourceDetectors(sdk, env),
  })
  nodeSdk.start()
}
