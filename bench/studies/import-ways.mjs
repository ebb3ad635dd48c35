// How long the import of transform takes with each way to publish a package. We publish a separate ES module, because bundlers
// cannot turn the ways that lead to CommonJS into ESM.
//   node bench/studies/import-ways.mjs [path of another node]
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { spread, summary } from '../figures.mjs'

const ROUNDS = 25
const [node = process.execPath] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'spanhouse-import-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const write = (file, text) => writeFileSync(join(folder, file), text)

const input = fileURLToPath(new URL('../../packages/transform/src/index.ts', import.meta.url))
const build = await rolldown({ input, platform: 'node' })
const built = (file, format, minify) =>
  build.write({ file: join(folder, file), format, minify, comments: false })
await built('all.cjs', 'cjs', false)
await built('all.mjs', 'esm', false)
await built('minified.mjs', 'esm', true)
await build.close()

const names = Object.keys(createRequire(import.meta.url)(join(folder, 'all.cjs')))
write(
  'names.cjs',
  `const all = require('./all.cjs')\n${names.map((name) => `exports.${name} = all.${name}\n`).join('')}`,
)
write('by-names.mjs', `export { ${names} } from './names.cjs'\n`)
write('by-whole-file.mjs', `export { ${names} } from './all.cjs'\n`)
write(
  'by-require.mjs',
  `import { createRequire } from 'node:module'
export const { ${names} } = createRequire(import.meta.url)('./all.cjs')\n`,
)
write('empty.mjs', 'export const nothing = 0\n')

const WAYS = {
  'a separate ES module (as published)': 'all.mjs',
  'the same, minified': 'minified.mjs',
  'a small file of names': 'by-names.mjs',
  'the whole file searched for names': 'by-whole-file.mjs',
  createRequire: 'by-require.mjs',
  'require(), no ESM': 'all.cjs',
  'an empty module': 'empty.mjs',
}

const measured = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]))
for (let round = 0; round < ROUNDS; round++)
  for (const [way, file] of Object.entries(WAYS)) measured[way].push(await importMs(file))
console.log('Milliseconds of the first import, median (lowest–highest):')
for (const [way, values] of Object.entries(measured)) {
  console.log(`  ${way.padEnd(44)} ${spread(summary(values), 1)}`)
}

async function importMs(file) {
  const path = join(folder, file)
  const load = file.endsWith('.cjs')
    ? `(await import('node:module')).createRequire('${path}')('${path}')`
    : `await import('${pathToFileURL(path)}')`
  const code = `const began = performance.now(); ${load}; console.log(performance.now() - began)`
  const { stdout } = await promisify(execFile)(node, ['--input-type=module', '-e', code])
  return Number(stdout)
}
