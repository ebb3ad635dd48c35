import { readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

export interface PageFile {
  readonly type: string
  readonly body: Buffer
  readonly gzip: Buffer
}

/** Where the build puts the page: beside the bundled command. */
export function pageFolder(): string {
  return fileURLToPath(new URL('page/', import.meta.url))
}

/** The files of the page by their paths. No path of a request ever reaches the disk. */
export function readPage(folder: string): ReadonlyMap<string, PageFile> {
  const names = list(folder).filter((name) => Object.hasOwn(TYPES, extname(name)))
  return new Map(
    names.map((name) => {
      const body = readFileSync(join(folder, name))
      const type = TYPES[extname(name)] ?? ''
      return [`/${name.replaceAll('\\', '/')}`, { type, body, gzip: gzipSync(body) }]
    }),
  )
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      statSync(join(folder, name)).isFile(),
    )
  } catch {
    return [] // it has not been built
  }
}
