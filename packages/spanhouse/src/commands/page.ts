import { spawn } from 'node:child_process'
import { openReader } from '../clickhouse/open-reader.js'
import { ReadError } from '../clickhouse/read-error.js'
import type { Source } from '../config/source.js'
import { pageFolder, readPage } from '../page/files.js'
import { newApi } from '../page/new-api.js'
import { openPage, type PageServer } from '../page/server.js'
import { CommandError } from '../terminal/command-error.js'
import { USAGE_EXIT_CODE } from './arguments.js'
import type { Context } from './command.js'
import { VERSION } from './version.js'

/** Options of the commands that serve the page. */
export const PAGE_OPTIONS = {
  port: { type: 'string', value: 'PORT', help: 'port of the page (4319, or any free one)' },
  open: { type: 'boolean', help: 'open the page in the browser' },
} as const

/** Serves the page for this ClickHouse, which need not answer yet. */
export async function servePage(
  context: Pick<Context, 'values' | 'err'>,
  { connection, target, logs }: Source,
): Promise<PageServer> {
  const { values, err } = context
  const port = portIn(values['port'])
  const reader = openReader(connection)
  const api = newApi({ reader, target, logs, version: VERSION })
  const onMistake = (error: unknown) => err.write(`spanhouse: ${stackOf(error)}\n`)
  const page = await openPage({ api, files: readPage(pageFolder()), port, onMistake })
  return {
    ...page,
    close: async () => {
      await page.close()
      await reader.close()
    },
  }
}

export function portIn(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (port >= 1 && port <= 65_535) return port
  throw new CommandError('--port takes a number from 1 to 65535.', USAGE_EXIT_CODE)
}

/** Says in the terminal, too, why the page will have no traces yet. Resolves when that is known. */
export async function sayIfUnreadable(
  { err, signal }: Pick<Context, 'err' | 'signal'>,
  { connection }: Source,
): Promise<void> {
  const reader = openReader(connection)
  try {
    await reader.version(signal)
  } catch (error) {
    if (!(error instanceof ReadError)) throw error
    const more =
      error.problem === 'unreachable' ? ' The page shows its traces when it answers.' : ''
    if (!signal.aborted) err.write(`spanhouse: ${error.message}${more}\n`)
  } finally {
    await reader.close()
  }
}

/** Opens an address in the browser, if there is one. */
export function openBrowser(url: string): void {
  const [file, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', url]
        : ['xdg-open', url]
  const child = spawn(file as string, args, { stdio: 'ignore', detached: true })
  child.on('error', () => {}) // the address has been printed
  child.unref()
}

/** Resolves when the user has had enough. */
export function untilEnd(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
