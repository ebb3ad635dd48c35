import { applicationModule } from '../common/application-modules.js'
import { errorText } from '../common/errors.js'
import {
  exporterOf,
  exporterVariable,
  type OtlpProtocol,
} from '../config/sources/sdk-environment.js'
import type { Problem } from './backend.js'
import { type Kind, SPANS } from './kind.js'
import { findSdk, majorOf, make, type Sdk, type SdkExporter } from './sdk.js'

/** An exporter of the application, and the SDK that it was made for. */
export interface Official<Exporter extends SdkExporter> {
  readonly exporter: Exporter
  readonly sdk: Sdk
}

/** The official OTLP exporter for this protocol, as the application has installed it. */
export function officialExporter<Exporter extends SdkExporter = SdkExporter>(
  kind: Kind,
  protocol: OtlpProtocol,
): Official<Exporter> | Problem {
  const { packages, exporter } = kind.otlp
  const name = packages[protocol]
  const file = applicationModule(name)
  if (file === undefined)
    return {
      problem: `${name} is not installed: npm install ${name}${fittingVersion(kind)}${otherWay(kind, protocol)}`,
    }
  try {
    const sdk = findSdk(kind, file) ?? findSdk(kind)
    if (!sdk) return { problem: `${name} is installed without its SDK: npm install ${name}` }
    return { exporter: make<Exporter>(file, exporter), sdk }
  } catch (error) {
    return { problem: `${name} cannot be used: ${errorText(error)}` }
  }
}

/** The exporter of the SDK that prints on the console. */
export function consoleExporter<Exporter extends SdkExporter = SdkExporter>(
  kind: Kind,
): Official<Exporter> | Problem {
  const sdk = findSdk(kind)
  if (!sdk) return missingSdk(kind)
  try {
    return { exporter: make<Exporter>(sdk.file, kind.console), sdk }
  } catch (error) {
    return { problem: `the OpenTelemetry SDK cannot be used: ${errorText(error)}` }
  }
}

export function missingSdk({ signal }: Kind): Problem {
  if (signal === 'traces')
    return { problem: 'no OpenTelemetry SDK is installed: npm install @opentelemetry/sdk-node' }
  const traces = findSdk(SPANS)
  const isOlder = traces !== undefined && majorOf(traces) < 3
  const version = isOlder ? { logs: '@0.223', metrics: '@2' }[signal] : ''
  const name = `@opentelemetry/sdk-${signal}`
  return { problem: `${name} is not installed: npm install ${name}${version}` }
}

/** What to look at if nothing was ever taken. */
export function adviceFor({ signal }: Kind, env: NodeJS.ProcessEnv): string {
  const isAsked = exporterOf(signal, env)?.trim()
  const other = isAsked ? '' : ` For ClickHouse, set ${exporterVariable(signal)}=clickhouse.`
  return ` Is a collector running there?${other}`
}

/** Advice if an exporter for another protocol is installed: its name does not say which protocol it uses. */
function otherWay({ otlp: { packages } }: Kind, asked: OtlpProtocol): string {
  const other = (Object.keys(packages) as OtlpProtocol[]).find(
    (protocol) => protocol !== asked && applicationModule(packages[protocol]) !== undefined,
  )
  if (other === undefined) return ''
  return `. Or set OTEL_EXPORTER_OTLP_PROTOCOL=${other}, for which ${packages[other]} is installed`
}

/** The version of the exporter that was released with the application's SDK. */
function fittingVersion(kind: Kind): string {
  const sdk = findSdk(kind)
  if (!sdk) return ''
  return majorOf(sdk) < 3 ? '@0.223' : '@0.301'
}
