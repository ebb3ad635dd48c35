import { errorText } from '../common/errors.js'
import type { Opening } from './backend.js'
import { backendOptionsOf } from './backend-options.js'
import { findSdk, make, makeProcessor, type SdkExporter } from './sdk.js'
import { sdkBackend } from './sdk-backend.js'

/** Prints each span when it ends, as the SDK does it. */
export function openConsole(env: NodeJS.ProcessEnv): Opening {
  const sdk = findSdk()
  if (!sdk)
    return {
      problem: 'no OpenTelemetry SDK is installed: npm install @opentelemetry/sdk-node',
    }
  try {
    const exporter = make<SdkExporter>(sdk.file, 'ConsoleSpanExporter')
    return sdkBackend(
      'console',
      exporter,
      (to) => makeProcessor(sdk, 'SimpleSpanProcessor', to),
      backendOptionsOf(env),
    )
  } catch (error) {
    return { problem: `the OpenTelemetry SDK cannot be used: ${errorText(error)}` }
  }
}
