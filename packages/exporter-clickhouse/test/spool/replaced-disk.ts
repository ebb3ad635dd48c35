import { afterEach } from 'vitest'
import type * as Disk from '../../src/spool/disk.js'

/** The disk of every spool in a file that mocks `disk.ts` with `replaceable()`; the real one if it is undefined. */
export const disk: { fs: Disk.SpoolFs | undefined } = { fs: undefined }

/** To be called in `vi.mock()`. */
export function replaceable(module: typeof Disk): typeof Disk {
  afterEach(() => {
    disk.fs = undefined
  })
  const realFs = new Proxy(module.realFs, {
    get: (real, call) => Reflect.get(disk.fs ?? real, call),
  })
  return { ...module, realFs }
}
