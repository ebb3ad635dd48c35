import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'

// Letters and digits alone: they survive quoting, escaping and percent-encoding.
const core = (what: string) => `${what}cAnArY4711`

/** Only the server may see these. */
export const CREDENTIALS = {
  user: core('usr'),
  password: core('pwd'),
  header: core('hdr'),
  key: core('key'),
  environment: core('env'),
} as const

/** Values of rows: they may be in the spool and in dead letters, and nowhere else. */
export const VALUES = {
  name: core('name'),
  attribute: core('attr'),
  attributeName: core('attrname'),
  event: core('event'),
  message: core('message'),
} as const

/** Values of a resource, which are in the statement. */
export const RESOURCE_VALUES = { resource: core('resource') } as const

export type Canaries = Readonly<Record<string, string>>

export const ALL: Canaries = { ...CREDENTIALS, ...VALUES, ...RESOURCE_VALUES }

/** The canaries that can be read in a text: as they are, in base64 or in hex. */
export function canariesIn(text: string | Buffer, of: Canaries = ALL): string[] {
  const read = typeof text === 'string' ? text : text.toString('latin1')
  return Object.entries(of)
    .filter(([, canary]) => forms(canary).some((form) => read.includes(form)))
    .map(([name]) => name)
}

const known = new Map<string, string[]>()

function forms(canary: string): string[] {
  const found = known.get(canary) ?? [
    canary,
    Buffer.from(canary).toString('hex'),
    // It may begin at any of the three positions in a base64 group. The characters shared with its neighbours are cut off.
    ...[0, 1, 2].map((before) =>
      Buffer.from(`${'x'.repeat(before)}${canary}`)
        .toString('base64')
        .slice(4, -4),
    ),
  ]
  known.set(canary, found)
  return found
}

/** Every text that a program could print for a value. */
export function everythingOf(value: unknown): string {
  const shown = [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
  ]
  for (let error = value; error instanceof Error; error = error.cause)
    shown.push(
      error.message,
      error.stack ?? '',
      String(error),
      ...Reflect.ownKeys(error).map((key) => inspect(error[key as never], { depth: 5 })),
    )
  try {
    shown.push(JSON.stringify(value) ?? '', String(value))
  } catch {
    // Cyclic, or a bigint: inspect() has shown it.
  }
  return shown.join('\n')
}

export interface StoredFile {
  readonly path: string
  /** Its bytes, and what is compressed in them. */
  readonly texts: readonly Buffer[]
}

/** All files under a folder, with what can be unpacked of them. */
export async function filesUnder(folder: string): Promise<StoredFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name)
      if (!entry.isFile()) return { path, texts: [] }
      const bytes = await readFile(path)
      return { path, texts: [bytes, ...unpacked(bytes)] }
    }),
  )
}

const GZIP = Buffer.from([0x1f, 0x8b, 0x08])
// As in spool/record.ts: lengths of head and body, the head, the body, a checksum.
const [HEAD_LENGTH_AT, BODY_LENGTH_AT, PREFIX_BYTES] = [8, 12, 16]

function unpacked(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = bytes.indexOf(GZIP); at >= 0; at = bytes.indexOf(GZIP, at + 1))
    attempt(() => found.push(gunzipSync(bytes.subarray(at, bytes.length - 4))))
  attempt(() => {
    const bodyAt = PREFIX_BYTES + bytes.readUInt32LE(HEAD_LENGTH_AT)
    const body = bytes.subarray(bodyAt, bodyAt + bytes.readUInt32LE(BODY_LENGTH_AT))
    found.push(brotliDecompressSync(body))
  })
  return found
}

function attempt(work: () => void): void {
  try {
    work()
  } catch {
    // It is not compressed.
  }
}
