import { fileURLToPath } from 'node:url'
import { onTestFinished, vi } from 'vitest'
import { sdk, TracerProvider } from '#sdk'
import { spanProcessorsFromEnv } from '../../src/backends/from-env.js'

const folder = (name: string) =>
  fileURLToPath(new URL(`../../../../test/${name}/`, import.meta.url))

/** The application of which OTLP and the console are taken: by default one that has them. It has the SDK of `#sdk`. */
export function runsIn(name: string = `${folder(sdk)}sdk.ts`): void {
  const before = process.argv[1]
  process.argv[1] = name
  onTestFinished(() => {
    process.argv[1] = before as string
    vi.unstubAllEnvs()
  })
}

/** The one processor of an environment. It is shut down when the test ends. */
export function processorFrom(env: Record<string, string>) {
  // The official exporter reads the environment of the process.
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  const [processor, ...others] = spanProcessorsFromEnv(env)
  if (!processor || others.length > 0) throw new Error('exactly one processor is expected')
  onTestFinished(() => processor.shutdown())
  return processor
}

/** Ends spans through the SDK, and resolves with their ids. */
export function spansThrough(processor: ReturnType<typeof processorFrom>) {
  const tracer = new TracerProvider({ spanProcessors: [processor] }).getTracer('test')
  return (count: number, name = 'span'): string[] =>
    Array.from({ length: count }, () => {
      const span = tracer.startSpan(name)
      span.end()
      return span.spanContext().spanId
    })
}

/** The warnings of the process until the test has ended. */
export function processWarnings(): string[] {
  const warnings: string[] = []
  const listener = (warning: Error) => void warnings.push(warning.message)
  process.on('warning', listener)
  onTestFinished(() => void process.off('warning', listener))
  return warnings
}
