import { isAbsolute, relative, resolve, sep } from 'node:path'

/** What is to be shown of a path. */
export type ShowPath = (path: string) => string

/**
 * How every message names files: as the user typed them, and what is in a folder after it as it was typed; else relative to the working
 * directory if they are inside it; else as absolute paths.
 */
export function showsPaths(cwd: string, typed?: string): ShowPath {
  return (path) => {
    const inTyped = typed === undefined ? undefined : inside(resolve(cwd, typed), path)
    if (typed !== undefined && inTyped === '') return typed
    if (typed !== undefined && inTyped !== undefined)
      return `${typed.replace(/[/\\]+$/, '')}${sep}${inTyped}`
    return inside(cwd, path) || path
  }
}

/** The way from a folder to what is in it. Empty for the folder itself; undefined for what is elsewhere. */
function inside(folder: string, path: string): string | undefined {
  const way = relative(folder, path)
  return isAbsolute(way) || way === '..' || way.startsWith(`..${sep}`) ? undefined : way
}
