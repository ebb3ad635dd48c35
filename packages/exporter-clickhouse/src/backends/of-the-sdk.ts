import { errorText } from '../common/errors.js'
import { otlpEnvironment } from '../config/sources/sdk-environment.js'
import type { OfResource } from '../pipeline/pending-resources.js'
import type { Backend, Problem } from './backend.js'
import { backendOptionsOf } from './backend-options.js'
import type { RecordKind } from './kind.js'
import { adviceFor, consoleExporter, officialExporter } from './official-exporter.js'
import { makeProcessor } from './sdk.js'
import { sdkBackend } from './sdk-backend.js'
import { warn } from './warn.js'

/** The official OTLP exporter under a batch processor, both as the application has installed them. */
export function openOtlp<Input extends OfResource>(
  kind: RecordKind<Input>,
  env: NodeJS.ProcessEnv,
): Backend<Input> | Problem {
  const { protocol, batch, doubts } = otlpEnvironment(kind.signal, env)
  const options = backendOptionsOf(env)
  for (const doubt of doubts) warn(doubt, options.warnings)
  const found = officialExporter(kind, protocol)
  if ('problem' in found) return found
  const { exporter, sdk } = found
  try {
    return sdkBackend(kind, {
      name: 'otlp',
      exporter,
      processorOf: (to) => makeProcessor(sdk, kind.batch, to, batch),
      options,
      advice: adviceFor(kind, env),
    })
  } catch (error) {
    return { problem: `${kind.otlp.packages[protocol]} cannot be used: ${errorText(error)}` }
  }
}

/** Prints each record when it comes, as the SDK does it. */
export function openConsole<Input extends OfResource>(
  kind: RecordKind<Input>,
  env: NodeJS.ProcessEnv,
): Backend<Input> | Problem {
  const found = consoleExporter(kind)
  if ('problem' in found) return found
  const { exporter, sdk } = found
  try {
    return sdkBackend(kind, {
      name: 'console',
      exporter,
      processorOf: (to) => makeProcessor(sdk, kind.simple, to),
      options: backendOptionsOf(env),
    })
  } catch (error) {
    return { problem: `the OpenTelemetry SDK cannot be used: ${errorText(error)}` }
  }
}
