import { chmodSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { temporaryDirectory } from './temporary-directory.js'

export interface FakeK6 {
  /** With `k6` in its PATH. */
  readonly env: NodeJS.ProcessEnv
  readonly program: string
}

/** Puts a program `k6` into a folder of its own. `how`: what it "measures"; see `fake-k6.mjs`. */
export function fakeK6(how: Readonly<Record<string, unknown>> = {}): FakeK6 {
  const folder = temporaryDirectory()
  const program = join(folder, 'k6')
  const script = new URL('fake-k6.mjs', import.meta.url).href
  writeFileSync(program, `#!${process.execPath}\nimport(${JSON.stringify(script)})\n`)
  chmodSync(program, 0o755)
  const path = [folder, process.env['PATH']].join(delimiter)
  return { program, env: { PATH: path, FAKE_K6: JSON.stringify(how) } }
}
