// Bundles the code of a package that is imported, as ESM and as CommonJS.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { manifestOf } from './files.mjs'
import { collectLicences } from './licences.mjs'
import { fail } from './processes.mjs'

/**
 * Bundles the code of a package as ESM and as CommonJS, including the parts of development dependencies that it uses. The bundle has
 * few files, because sixty take longer to load.
 */
export async function bundleLibrary(folder, to) {
  const { name, version, dependencies, peerDependencies } = manifestOf(folder)
  const installed = Object.keys({ ...dependencies, ...peerDependencies })
  const licences = collectLicences()
  const options = {
    platform: 'node',
    resolve: { alias: { '#exporter': resolve('packages/exporter-clickhouse/src/internal.ts') } },
    external: (id) =>
      id.startsWith('node:') || installed.some((one) => id === one || id.startsWith(`${one}/`)),
    experimental: { attachDebugInfo: 'none' }, // no comments that name the files
  }
  const preloads = preloadsOf(folder)
  const imported = entriesOf(folder).filter((entry) => !preloads.includes(entry))
  const sources = imported.map((entry) => [entry, resolve(folder, 'src', `${entry}.ts`)])
  const chunks = await built({ ...options, input: Object.fromEntries(sources) })
  const entries = sources.map(([entry, source]) => {
    const { exports } = chunks.find((chunk) => chunk.isEntry && chunk.name === entry)
    return { entry, source, exports }
  })
  const input = {
    input: Object.fromEntries(entries.map(({ entry }) => [entry, sharedId(entry)])),
    plugins: [sharedEntries(entries, `${name} ${version}`), licences.plugin],
    ...options,
  }
  const files = PACKED_SMALL.has(name)
    ? await builtInParts(input, Object.assign({}, ...chunks.map(({ modules }) => modules)))
    : await built(input, CODE_IN_ONE_FILE)
  for (const entry of preloads)
    files.push(await builtAlone(options, entry, resolve(folder, 'src', `${entry}.ts`)))
  mkdirSync(join(to, 'esm'), { recursive: true })
  for (const { fileName, code } of files) {
    writeFileSync(join(to, 'esm', fileName), code)
    writeFileSync(join(to, 'cjs', fileName), commonJsOf(code))
  }
  if (licences.text() !== '') writeFileSync(join(to, 'THIRD-PARTY-LICENSES'), licences.text())
}

/** Builds an entry that runs when it is loaded. It shares no code with the other entries, so they load nothing of it. */
async function builtAlone(options, entry, source) {
  const transform = { define: { [OWN_FILE]: 'import.meta.filename' } }
  const input = { ...options, input: { [entry]: source }, transform }
  const [{ fileName, code }, ...more] = await built(input, { minify: SMALL })
  if (more.length > 0) fail(`${entry} is more than one file: ${more.map((one) => one.fileName)}`)
  return { fileName, code: unindented(code) }
}

// The name that stands for the path of the built file in a source.
const OWN_FILE = 'SPANHOUSE_REGISTER_FILE'

async function built(input, output) {
  const { rolldown } = await import('rolldown')
  const build = await rolldown(input)
  const names = { entryFileNames: '[name].js', chunkFileNames: '[name].js' }
  const { output: files } = await build.generate({
    format: 'esm',
    comments: false,
    ...names,
    ...output,
  })
  await build.close()
  for (const { code } of files) refuseChangingExports(code)
  return files
}

/** An importer of the CommonJS build copies the value of an exported variable. The code must still be indented: a local variable may have the same name. */
function refuseChangingExports(code) {
  const [, names = ''] = /^export \{ (.+) \};$/m.exec(code) ?? []
  for (const exported of names.split(', ')) {
    const [own, name = own] = exported.split(' as ')
    if (code.includes(`\nlet ${own} `) || code.includes(`\nlet ${own};`))
      fail(
        `${name} is exported and may change: importers of the CommonJS build would keep its first value.`,
      )
  }
}

/**
 * The same code as CommonJS, line for line, so that gzip recognises it: CommonJS from rolldown would use other names.
 * No exported variable changes later (`refuseChangingExports()`).
 */
function commonJsOf(code) {
  const renamed = (names) => names.replaceAll(' as ', ': ')
  const asPairs = (names) =>
    names.split(', ').map((one) => {
      const [own, name = own] = one.split(' as ')
      return [own, name]
    })
  const commonJs = code
    .replace(/^import "(.+)";$/gm, 'require("$1");')
    .replace(/^import \* as (.+) from "(.+)";$/gm, 'const $1 = require("$2");')
    .replace(
      /^import (\{ .+ \}) from "(.+)";$/gm,
      (_, names, from) => `const ${renamed(names)} = require("${from}");`,
    )
    .replace(/^export \{ (.+) \} from "(.+)";$/gm, (_, names, from) => {
      const lines = asPairs(names).map(([own, name]) => `exports.${name} = from.${own};`)
      return [`const from = require("${from}");`, ...lines].join('\n')
    })
    .replace(/^export \{ (.+) \};$/gm, (_, names) =>
      asPairs(names)
        .map(([own, name]) => `exports.${name} = ${own};`)
        .join('\n'),
    )
    .replace(/^export \{\};$/gm, '')
    .replaceAll('import.meta.filename', '__filename')
  const [left] = /^(import|export)[ {"].*/m.exec(commonJs) ?? []
  if (left) fail(`This line cannot be rewritten as CommonJS: ${left}`)
  return `'use strict';\n${commonJs}`
}

/** The names of the files through which a package is imported: `index` for `.`, `internal` for `./internal`. */
export function entriesOf(folder) {
  const paths = Object.keys(manifestOf(folder).exports).filter((path) => !path.endsWith('.json'))
  return paths.map((path) => path.slice(2) || 'index')
}

/** The entries that run when they are loaded: those that a package names as having side effects. */
function preloadsOf(folder) {
  const { sideEffects } = manifestOf(folder)
  const files = sideEffects || []
  return entriesOf(folder).filter((entry) => files.some((file) => file.endsWith(`/${entry}.js`)))
}

const SHARED = '\0shared'
const sharedId = (entry) => `${SHARED}:${entry}`
// Each entry is a short file that exports its names from this one.
const CODE_IN_ONE_FILE = { codeSplitting: { groups: [{ name: 'code', test: /^(?!\0shared:)/ }] } }

/**
 * The entries of a package. A process may load several copies of a package: ESM and CommonJS, or one in each of its bundles. All
 * copies of a version export what the first one does; otherwise one copy would not recognise another's tables.
 */
function sharedEntries(entries, key) {
  const all = entries.flatMap(({ exports }) => exports)
  const shared = all.map((name) => `${name}: shared${name}`).join(', ')
  const code = `${entries.map(({ source, exports }) => `import { ${exports} } from ${JSON.stringify(source)}\n`).join('')}
const { ${shared} } = (globalThis[Symbol.for(${JSON.stringify(key)})] ??= { ${all} })
export { ${all.map((name) => `shared${name}`)} }
`
  const codeOf = new Map([
    [SHARED, code],
    ...entries.map(({ entry, exports }) => {
      const names = exports.map((name) => `shared${name} as ${name}`)
      return [sharedId(entry), `export { ${names} } from ${JSON.stringify(SHARED)}\n`]
    }),
  ])
  return {
    name: 'shared',
    resolveId: (id) => (codeOf.has(id) ? id : undefined),
    load: (id) => codeOf.get(id),
  }
}

// Packages whose tarball must hardly grow by the second copy of their code.
const PACKED_SMALL = new Set(['@spanhouse/exporter-clickhouse', '@spanhouse/receiver'])
// gzip recognises text that it has seen less than 32 KiB before, and npm packs files of the same name side by side.
const MAX_PART_BYTES = 31_500
const MAX_ATTEMPTS = 20
const SMALL = {
  compress: true,
  mangle: { keepNames: true },
  codegen: { removeWhitespace: false },
}

/**
 * Bundles the code in parts so small that the second copy of each adds almost nothing to the tarball. Functions, classes, properties
 * and lines stay as they are, for stack traces; names of variables are shortened, and indentation is removed. Modules are in the
 * order in which they run, so that no part needs a later one.
 */
async function builtInParts(input, modules) {
  const { minifySync } = await import('rolldown/utils')
  // Sources are indented with spaces, so a line that begins with a tab is inside a string.
  const tabbed = Object.keys(modules).find((id) => existsSync(id) && /^\t/m.test(readFileSync(id)))
  if (tabbed) fail(`${tabbed}: a line begins with a tab, which the build would remove.`)
  const sizes = Object.entries(modules).map(([id, { code }]) => [
    id,
    unindented(minifySync(id, code ?? '', SMALL).code).length,
  ])
  // The imports between parts come on top: a part that has become too long gets that much less room.
  const room = sizes.map(() => MAX_PART_BYTES)
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const partOf = partsWithin(room, sizes)
    const group = { name: (id) => partOf.get(id) ?? null, debugName: 'parts' }
    const chunks = await built(input, { minify: SMALL, codeSplitting: { groups: [group] } })
    const files = chunks.map(({ fileName, code }) => ({ fileName, code: unindented(code) }))
    const tooLong = files.filter(({ code }) => code.length > MAX_PART_BYTES)
    if (tooLong.length === 0 && chunks.every(needsNoLater)) return files
    // The entry has what is left after the last part.
    const entry = new Set(partOf.values()).size + 1
    for (const { fileName, code } of tooLong)
      room[Math.min(partNumber(fileName), entry)] -= code.length - MAX_PART_BYTES + 100
  }
  fail(
    'The code cannot be cut into small parts: a module is too long, or modules import each other.',
  )
}

/**
 * The part of each module. Parts are filled in order. The last modules have no part: they are in the entry. Names have two digits, because
 * the bundler takes parts by the order of their names, each with what its modules need.
 */
function partsWithin(room, sizes) {
  const parts = [[]]
  let length = 0
  for (const [id, size] of sizes) {
    if (length > 0 && length + size > room[parts.length]) {
      parts.push([])
      length = 0
    }
    length += size
    parts.at(-1).push(id)
  }
  return new Map(
    parts
      .slice(0, -1)
      .flatMap((ids, n) => ids.map((id) => [id, `part${String(n + 1).padStart(2, '0')}`])),
  )
}

function needsNoLater({ fileName, imports }) {
  const parts = imports.filter((file) => /^(part|index)/.test(file))
  return parts.every((file) => partNumber(file) < partNumber(fileName))
}

/** The entry comes last. */
function partNumber(file) {
  return Number(/^part(\d+)/.exec(file)?.[1] ?? Number.POSITIVE_INFINITY)
}

function unindented(code) {
  return code.replace(/^\t+/gm, '')
}
