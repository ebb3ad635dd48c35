import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CommandError } from '../terminal/command-error.js'

/** The file that registers an application. It is ours, so an application needs nothing installed. */
export function preloadFile(): string {
  const { resolve } = createRequire(import.meta.url)
  const file = join(dirname(resolve('spanhouse/package.json')), 'dist/preload.js')
  if (existsSync(file)) return file
  throw new CommandError(`spanhouse is not complete, ${file} is missing: install it again.`)
}

/**
 * NODE_OPTIONS with the register after what is already there, because that may set variables (`--require dotenv/config`). A URL has no
 * spaces, which NODE_OPTIONS would need quotes for.
 */
export function withRegister(given: string | undefined, file: string): string {
  const option = `--import=${pathToFileURL(file).href}`
  return [given?.trim(), option].filter(Boolean).join(' ')
}
