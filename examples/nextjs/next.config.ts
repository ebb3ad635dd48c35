import type { NextConfig } from 'next'

const config: NextConfig = {
  // Loaded from node_modules at run time instead of being bundled.
  serverExternalPackages: ['@spanhouse/exporter-clickhouse', '@opentelemetry/sdk-node'],
}

export default config
