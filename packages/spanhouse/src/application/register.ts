import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CommandError } from '../terminal/command-error.js'

/** The file that registers an application. It is ours, so an application needs nothing installed. */
export function preloadFile(): string {
  const { resolve } = createRequire(import.meta.url)
  const file = join(dirname(resolve('spanhouse/package.json')), 'dist/preload.cjs')
  if (existsSync(file)) return file
  throw new CommandError(`spanhouse is not complete, ${file} is missing: install it again.`)
}

/** NODE_OPTIONS with the register after what is already there, because that may set variables (`--require dotenv/config`). */
export function withRegister(given: string | undefined, file: string): string {
  return [given?.trim(), `--require=${word(file)}`].filter(Boolean).join(' ')
}

/** As NODE_OPTIONS wants it. In quotation marks a backslash protects the next character; Windows takes slashes too. */
function word(file: string): string {
  const path = process.platform === 'win32' ? file.replaceAll('\\', '/') : file
  return /[\s"\\]/.test(path) ? `"${path.replace(/["\\]/g, '\\$&')}"` : path
}
