import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder with every package as it would be published. */
    tarballs: string
  }
}

/** Packs every package once for all files of the project. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'spanhouse-tarballs-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  try {
    const args = ['scripts/task.mjs', 'pack', folder]
    execFileSync(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    remove()
    throw error
  }
  provide('tarballs', folder)
  return remove
}
