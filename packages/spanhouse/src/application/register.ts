import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { CommandError } from '../terminal/command-error.js'

const REGISTER = '@spanhouse/exporter-clickhouse/register'

/** The file that registers an application. It is ours, so an application needs nothing installed. */
export function registerFile(): string {
  const file = createRequire(import.meta.url).resolve(REGISTER)
  // Beside it is the same for `--import`, which also lets it patch what ES modules import before they are loaded.
  const esm = file.replace(/([\\/])cjs([\\/]register\.js)$/, '$1esm$2')
  if (existsSync(esm)) return esm
  throw new CommandError(`${REGISTER} is not complete: install spanhouse again.`)
}

/**
 * NODE_OPTIONS with the register after what is already there, because that may set variables (`--require dotenv/config`). A URL has no
 * spaces, which NODE_OPTIONS would need quotes for.
 */
export function withRegister(given: string | undefined, file: string): string {
  const option = `--import=${pathToFileURL(file).href}`
  return [given?.trim(), option].filter(Boolean).join(' ')
}

/** Whether these options or words already load the register. */
export function loadsRegister(...texts: readonly (string | undefined)[]): boolean {
  return texts.some((text) =>
    /exporter-clickhouse[\\/](?:dist[\\/]\w+[\\/])?register/.test(text ?? ''),
  )
}
