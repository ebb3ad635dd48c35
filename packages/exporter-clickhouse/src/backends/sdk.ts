import {
  applicationModule,
  load,
  manifestAbove,
  moduleFrom,
} from '../common/application-modules.js'

/** The part of an exporter of the SDK that is used. */
export interface SdkExporter {
  export(records: unknown, resultCallback: (result: { code: number; error?: Error }) => void): void
  shutdown(): Promise<void>
}

/** The part of a processor of the SDK that is used: of spans, or of log records. */
export interface SdkProcessor {
  onEnd?(span: unknown): void
  onEmit?(record: unknown, context: unknown): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** An installed SDK for one signal. */
export interface Sdk {
  /** The name of the package, with its scope. */
  readonly name: string
  readonly file: string
}

type Make = new (...args: unknown[]) => unknown

/** The first of these packages that the application would load, or that the file `from` would load. */
export function findSdk(
  { packages }: { readonly packages: readonly string[] },
  from?: string,
): Sdk | undefined {
  for (const short of packages) {
    const name = `@opentelemetry/${short}`
    const file = from === undefined ? applicationModule(name) : moduleFrom(from, name)
    if (file !== undefined) return { name, file }
  }
  return undefined
}

export function majorOf({ name, file }: Sdk): number {
  return Number.parseInt(manifestAbove(file, name)?.version ?? '', 10)
}

/** Creates an instance of a class that a package exports. Throws if it exports no such class. */
export function make<T>(file: string, name: string, ...args: unknown[]): T {
  const found = load(file)[name]
  if (typeof found !== 'function') throw new Error(`${file} has no ${name}`)
  return new (found as Make)(...args) as T
}

/**
 * Some versions take the exporter and its options as two arguments (`sdk-trace-base`, older `sdk-logs`), others take one object. The first
 * argument given here is both: an exporter, and an object that has one.
 */
export function makeProcessor(
  { file }: Sdk,
  name: string,
  exporter: SdkExporter,
  options: object = {},
): SdkProcessor {
  return make(file, name, { ...options, ...exporter, exporter }, options)
}
