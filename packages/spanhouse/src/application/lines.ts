import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** How an application is started so that its traces arrive, for one kind of application. */
export interface Line {
  readonly kind: string
  readonly line: string
}

const REGISTER = '@spanhouse/exporter-clickhouse/register'

/** Lines to copy. They say what `dev` says to its own child. */
export function linesToCopy(endpoint: string, register: string, cwd: string): readonly Line[] {
  // The name is shorter, but only an application that has the package installed can use it.
  const module = isInstalled(cwd) ? REGISTER : pathToFileURL(register).href
  return [
    { kind: '', line: `export OTEL_TRACES_EXPORTER=clickhouse` },
    { kind: '', line: `export OTEL_EXPORTER_CLICKHOUSE_ENDPOINT=${endpoint}` },
    { kind: 'CommonJS', line: `node --import ${module} app.cjs` },
    { kind: 'ESM', line: `node --import ${module} app.mjs` },
    { kind: 'TypeScript', line: `node --import ${module} --import tsx app.ts` },
    { kind: 'Next.js', line: `NODE_OPTIONS="--import ${module}" npx next dev` },
  ]
}

function isInstalled(cwd: string): boolean {
  try {
    createRequire(join(cwd, 'any.js')).resolve(REGISTER)
    return true
  } catch {
    return false
  }
}
