import { applicationModule } from '../common/application-modules.js'
import { errorText } from '../common/errors.js'
import {
  type OtlpProtocol,
  otlpEnvironment,
  tracesExporterOf,
} from '../config/sources/sdk-environment.js'
import type { Opening } from './backend.js'
import { backendOptionsOf } from './backend-options.js'
import { findSdk, majorOf, make, makeProcessor, type SdkExporter } from './sdk.js'
import { sdkBackend } from './sdk-backend.js'
import { warn } from './warn.js'

const PACKAGES: Readonly<Record<OtlpProtocol, string>> = {
  'http/protobuf': '@opentelemetry/exporter-trace-otlp-proto',
  'http/json': '@opentelemetry/exporter-trace-otlp-http',
  grpc: '@opentelemetry/exporter-trace-otlp-grpc',
}

/** The official OTLP exporter under a BatchSpanProcessor, both as the application has installed them. */
export function openOtlp(env: NodeJS.ProcessEnv): Opening {
  const { protocol, batch, doubts } = otlpEnvironment(env)
  const options = backendOptionsOf(env)
  for (const doubt of doubts) warn(doubt, options.warnings)
  const name = PACKAGES[protocol]
  const file = applicationModule(name)
  if (file === undefined)
    return {
      problem: `${name} is not installed: npm install ${name}${fittingVersion()}${otherWay(protocol)}`,
    }
  try {
    const sdk = findSdk(file) ?? findSdk()
    if (!sdk) return { problem: `${name} is installed without its SDK: npm install ${name}` }
    const exporter = make<SdkExporter>(file, 'OTLPTraceExporter')
    return sdkBackend(
      'otlp',
      exporter,
      (to) => makeProcessor(sdk, 'BatchSpanProcessor', to, batch),
      options,
      ` Is a collector running there?${tracesExporterOf(env)?.trim() ? '' : ' For ClickHouse, set OTEL_TRACES_EXPORTER=clickhouse.'}`,
    )
  } catch (error) {
    return { problem: `${name} cannot be used: ${errorText(error)}` }
  }
}

/** Advice if an exporter for another protocol is installed: its name does not say which protocol it uses. */
function otherWay(asked: OtlpProtocol): string {
  const other = (Object.keys(PACKAGES) as OtlpProtocol[]).find(
    (protocol) => protocol !== asked && applicationModule(PACKAGES[protocol]) !== undefined,
  )
  if (other === undefined) return ''
  return `. Or set OTEL_EXPORTER_OTLP_PROTOCOL=${other}, for which ${PACKAGES[other]} is installed`
}

/** The version of the exporter that was released with the application's SDK. */
function fittingVersion(): string {
  const sdk = findSdk()
  if (!sdk) return ''
  return majorOf(sdk) < 3 ? '@0.223' : '@0.301'
}
