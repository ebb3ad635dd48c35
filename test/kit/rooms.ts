import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** For each source file, relative to the source folder, the files that it imports; imports of types count. */
export type Imports = ReadonlyMap<string, readonly string[]>

const RELATIVE_IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)\.js['"]/g

export function importsIn(sourceFolder: string): Imports {
  const files = readdirSync(sourceFolder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.ts'))
  return new Map(
    files.map((file) => {
      const text = readFileSync(join(sourceFolder, file), 'utf8')
      const paths = [...text.matchAll(RELATIVE_IMPORT)].map(([, path = '']) => path)
      return [file, paths.map((path) => posix.join(posix.dirname(file), `${path}.ts`))]
    }),
  )
}

/**
 * One sentence for each import that goes the wrong way: a room, which is a folder, may import only from rooms before it in the list, and
 * the files of a room must not import each other in a circle. Files beside the rooms, the entries, may import from every room.
 */
export function wrongImports(imports: Imports, rooms: readonly string[]): string[] {
  const files = [...imports.keys()]
  const unknown = new Set(files.map(roomOf).filter((room) => room !== '' && !rooms.includes(room)))
  const empty = rooms.filter((room) => !files.some((file) => roomOf(file) === room))
  return [
    ...[...unknown].map((room) => `The folder ${room} is not in the list of rooms.`),
    ...empty.map((room) => `The room ${room} has no file.`),
    ...files.flatMap((file) =>
      (imports.get(file) ?? [])
        .filter((imported) => !mayImport(file, imported, rooms))
        .map((imported) => sentenceOn(file, imported)),
    ),
    ...files.flatMap((file) => {
      const circle = pathWithin(roomOf(file), file, file, imports)
      return circle ? [`${file} imports itself in a circle: ${circle.join(' → ')}.`] : []
    }),
  ]
}

function mayImport(file: string, imported: string, rooms: readonly string[]): boolean {
  const [from, to] = [roomOf(file), roomOf(imported)]
  return from === '' || from === to || (to !== '' && rooms.indexOf(to) < rooms.indexOf(from))
}

function sentenceOn(file: string, imported: string): string {
  const what = roomOf(imported) === '' ? 'an entry' : `the room ${roomOf(imported)}`
  return `${file} must not import from ${what} (${imported}): it is not before ${roomOf(file)} in the list of rooms.`
}

function roomOf(file: string): string {
  return file.includes('/') ? (file.split('/')[0] ?? '') : ''
}

/** The files from one to another by imports inside a room; undefined if there is no such path. */
function pathWithin(
  room: string,
  start: string,
  end: string,
  imports: Imports,
  seen: Set<string> = new Set(),
): string[] | undefined {
  for (const next of imports.get(start) ?? []) {
    if (roomOf(next) !== room) continue
    if (next === end) return [start, end]
    if (seen.has(next)) continue
    seen.add(next)
    const path = pathWithin(room, next, end, imports, seen)
    if (path) return [start, ...path]
  }
  return undefined
}
