/** What an application installs besides the SDK that it has anyway. */
export const ourPackages = ['@spanhouse/exporter-clickhouse', '@spanhouse/transform']
export const theirPackages = [
  '@opentelemetry/exporter-trace-otlp-proto',
  '@opentelemetry/exporter-trace-otlp-http',
  '@clickhouse/client',
]
