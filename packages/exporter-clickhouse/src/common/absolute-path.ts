import { resolve } from 'node:path'

/** The path, made absolute; as it is if the working directory has been removed, where nothing relative can be opened anyway. */
export function absolutePath(path: string): string {
  try {
    return resolve(path)
  } catch {
    return path
  }
}
