import { createRequire } from 'node:module'
import { join } from 'node:path'
import { EXPORTERS } from './environment.js'

/** A line to copy, for one kind of application. Variables have no kind. */
export interface Line {
  readonly kind: string
  readonly line: string
}

const REGISTER = '@spanhouse/exporter-clickhouse/register'

/** How an application in another terminal is started so that its traces arrive as soon as those of `dev`'s own child. */
export function linesToCopy(endpoint: string, cwd: string): readonly Line[] {
  return [
    ...EXPORTERS.map((name) => ({ kind: '', line: `export ${name}=clickhouse` })),
    { kind: '', line: `export OTEL_EXPORTER_CLICKHOUSE_ENDPOINT=${endpoint}` },
    { kind: '', line: 'export OTEL_EXPORTER_CLICKHOUSE_BATCH_MAX_DELAY=200' },
    ...(isInstalled(cwd) ? WITH_PACKAGE : WITHOUT_PACKAGE),
  ]
}

/** For an application that has the exporter installed. */
const WITH_PACKAGE: readonly Line[] = [
  { kind: 'CommonJS', line: `node --require ${REGISTER} app.js` },
  { kind: 'ESM', line: `node --import ${REGISTER} app.mjs` },
  { kind: 'TypeScript', line: `node --import ${REGISTER} --import tsx app.ts` },
  { kind: 'Next.js', line: `NODE_OPTIONS="--import ${REGISTER}" npx next dev` },
]

const WITHOUT_PACKAGE: readonly Line[] = [
  { kind: 'CommonJS', line: 'npx spanhouse run -- node app.js' },
  { kind: 'ESM', line: 'npx spanhouse run -- node app.mjs' },
  { kind: 'TypeScript', line: 'npx spanhouse run -- npx tsx app.ts' },
  { kind: 'Next.js', line: 'npx spanhouse run -- npx next dev' },
]

function isInstalled(cwd: string): boolean {
  try {
    createRequire(join(cwd, 'any.js')).resolve(REGISTER)
    return true
  } catch {
    return false
  }
}
