// How long it takes to load a package. This file must import next to nothing: a module that is already loaded costs no time.
import { performance } from 'node:perf_hooks'

// What an application installs in addition to OpenTelemetry's SDK.
export const ourPackages = ['@spanhouse/exporter-clickhouse', '@spanhouse/transform']
export const theirPackages = [
  '@opentelemetry/exporter-trace-otlp-proto',
  '@opentelemetry/exporter-trace-otlp-http',
  '@clickhouse/client',
]

export const importTime = {
  name: 'import',
  title: 'Import',
  about: 'Milliseconds that the first import() of a package takes, with everything that it loads.',
  sizes: { full: { rounds: 15 }, quick: { rounds: 5 } },
  figures: [{ name: 'importMs', title: 'ms', digits: 1, chart: true }],
  async jobs() {
    const names = [...ourPackages, ...theirPackages]
    return Object.fromEntries(
      names.map((name) => [name, { measure: 'import.mjs#measureImport', package: name }]),
    )
  },
}

export async function measureImport({ package: name }) {
  const startedAt = performance.now()
  await import(name)
  return { importMs: performance.now() - startedAt }
}
