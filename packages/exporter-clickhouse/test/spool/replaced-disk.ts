import { afterEach } from 'vitest'
import type * as OwnFiles from '../../src/common/own-files.js'
import type { SpoolFs } from '../../src/spool/disk.js'

/** The disk of every spool in a file that mocks `own-files.ts` with `replaceable()`; the real one if it is undefined. */
export const disk: { fs: SpoolFs | undefined } = { fs: undefined }

/** To be called in `vi.mock()`. */
export function replaceable({ ownFiles }: typeof OwnFiles): typeof OwnFiles {
  afterEach(() => {
    disk.fs = undefined
  })
  return {
    ownFiles: (directory) =>
      new Proxy(ownFiles(directory), { get: (real, call) => Reflect.get(disk.fs ?? real, call) }),
  }
}
