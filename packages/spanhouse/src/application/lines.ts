import { pathToFileURL } from 'node:url'

/** How an application is started so that its traces arrive, for each kind of application. */
export interface Line {
  readonly kind: string
  readonly line: string
}

/** Lines to copy. Variables are those that `dev` gives its own child. */
export function linesToCopy(endpoint: string, register: string): readonly Line[] {
  const isInstalled = !/[\\/]_npx[\\/]/.test(register)
  const module = isInstalled
    ? '@spanhouse/exporter-clickhouse/register'
    : pathToFileURL(register).href
  return [
    {
      kind: 'environment',
      line: `export OTEL_TRACES_EXPORTER=clickhouse OTEL_EXPORTER_CLICKHOUSE_ENDPOINT=${endpoint}`,
    },
    { kind: 'CommonJS', line: `node --require ${module} app.js` },
    { kind: 'ESM', line: `node --import ${module} app.mjs` },
    { kind: 'TypeScript', line: `node --import ${module} --import tsx app.ts` },
    { kind: 'Next.js', line: `NODE_OPTIONS="--import ${module}" npx next dev` },
  ]
}
