// What `npm run …` says in a fresh clone before the task itself.
import { execFileSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root, run, scratchFolder } from './packed.js'

const folder = scratchFolder()
const files = ['*package.json', 'pnpm-*.yaml', 'biome.json', '.gitignore', 'scripts/*.mjs']
const listed = execFileSync('git', ['ls-files', ...files], { cwd: root, encoding: 'utf8' })
for (const file of listed.trim().split('\n')) cpSync(join(root, file), join(folder, file))

const task = (name: string) => run(process.execPath, ['scripts/task.mjs', name], { cwd: folder })
const LINE = /^Installing with pnpm@[\d.]+ \(once; .+\) …\n/

test('an install that fails says why', async () => {
  const manifest = join(folder, 'bench/package.json')
  const as = readFileSync(manifest, 'utf8')
  writeFileSync(manifest, as.replace('"dependencies": {', '"dependencies": { "left-pad": "1.3.0",'))
  const error = await task('fix').catch((reason: Error) => reason.message)
  writeFileSync(manifest, as)
  expect(error).toMatch(
    /ERR_PNPM_OUTDATED_LOCKFILE[\s\S]*The installation failed for the reason above/,
  )
})

test('an install that succeeds says one line', async () => {
  const { stdout, stderr } = await task('fix')
  expect(stdout).toMatch(LINE)
  expect(stdout.replace(LINE, '')).toBe('')
  expect(stderr).toMatch(/^Checked \d+ files in .*\n$/) // the task itself
  expect((await task('fix')).stdout).not.toMatch(LINE)
})
