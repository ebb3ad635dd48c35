import {
  applicationModule,
  load,
  manifestAbove,
  moduleFrom,
} from '../common/application-modules.js'

/** The part of a SpanExporter of the SDK that is used. */
export interface SdkExporter {
  export(spans: unknown, resultCallback: (result: { code: number; error?: Error }) => void): void
  shutdown(): Promise<void>
}

/** The part of a SpanProcessor of the SDK that is used. */
export interface SdkProcessor {
  onEnd(span: unknown): void
  forceFlush(): Promise<void>
  shutdown(): Promise<void>
}

/** An installed trace SDK. */
export interface Sdk {
  readonly name: 'sdk-trace' | 'sdk-trace-base'
  readonly file: string
}

const NAMES = ['sdk-trace', 'sdk-trace-base'] as const

type Make = new (...args: unknown[]) => unknown

/** The trace SDK that the application would load, or that the file `from` would load. */
export function findSdk(from?: string): Sdk | undefined {
  for (const name of NAMES) {
    const full = `@opentelemetry/${name}`
    const file = from === undefined ? applicationModule(full) : moduleFrom(from, full)
    if (file !== undefined) return { name, file }
  }
  return undefined
}

export function majorOf({ name, file }: Sdk): number {
  return Number.parseInt(manifestAbove(file, `@opentelemetry/${name}`)?.version ?? '', 10)
}

/** Creates an instance of a class that a package exports. Throws if it exports no such class. */
export function make<T>(file: string, name: string, ...args: unknown[]): T {
  const found = load(file)[name]
  if (typeof found !== 'function') throw new Error(`${file} has no ${name}`)
  return new (found as Make)(...args) as T
}

/** `sdk-trace-base` takes the exporter and its options as two arguments; `sdk-trace`, also the one of SDK 2, as one. */
export function makeProcessor(
  { name, file }: Sdk,
  kind: 'BatchSpanProcessor' | 'SimpleSpanProcessor',
  exporter: SdkExporter,
  options: object = {},
): SdkProcessor {
  return name === 'sdk-trace-base'
    ? make(file, kind, exporter, options)
    : make(file, kind, { exporter, ...options })
}
