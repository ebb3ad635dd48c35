// The entry point of every task. A fresh clone needs nothing but Node and npm:
// this installs (through a pinned pnpm), builds what changed, then runs the task.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const PNPM = 'pnpm@12.21.0'
const packages = ['transform', 'local-clickhouse', 'exporter-clickhouse', 'queries'] // in order of dependency
process.chdir(join(dirname(fileURLToPath(import.meta.url)), '..'))

// Unit tests that start processes and wait for their ends take a third of the time. `npm test` runs them too.
const WITHOUT_PROCESSES = ['lifetime/*', 'spool-processes', 'process-end', 'backends-at-end'].map(
  (name) => `--exclude=packages/exporter-clickhouse/test/**/${name}.test.ts`,
)

const tasks = {
  build,
  fix: () => bin('biome', 'check', '--write', '.'),
  check: async () => {
    await checkSources()
    await vitest('--project', 'unit*', ...WITHOUT_PROCESSES)
  },
  test: async (...args) => {
    await checkSources()
    await vitest(...args)
  },
  'test:long': (...args) => builtAndRun('scripts/test-long.mjs', ...args),
  'test:stress': (...args) => builtAndRun('scripts/stress-test.mjs', ...args),
  mutants: (...args) => builtAndRun('test/mutants/run.mjs', ...args),
  demo: (...args) => builtAndRun('examples/shop/demo.mjs', ...args),
  example: (...args) => builtAndRun('scripts/example.mjs', ...args),
  bench: (...args) => builtAndRun('bench/run.mjs', ...args),
  'bench:check': (...args) => builtAndRun('bench/check.mjs', ...args),
  pack: async (folder) => {
    await build()
    await pnpm([
      '-r',
      '--filter=./packages/*',
      'pack',
      '--silent',
      `--out=${join(folder, '%s.tgz')}`,
    ])
  },
  changeset: (...args) => bin('changeset', ...args),
  version: () => bin('changeset', 'version'),
  release: async () => {
    refusePlaceholders()
    await build()
    await pnpm(['exec', 'changeset', 'publish'])
  },
}

/** The owner in the links to the repository must be filled in before anything is published (CONTRIBUTING.md). */
function refusePlaceholders() {
  const files = packages.flatMap((name) =>
    ['package.json', 'README.md'].map((file) => join('packages', name, file)),
  )
  const open = files.filter((file) => readFileSync(file, 'utf8').includes('github.com/OWNER/'))
  if (open.length > 0)
    fail(`Replace OWNER by the owner of the repository first, in ${open.join(', ')}.`)
}

async function checkSources() {
  const address = /.*https?:.*/.exec(readFileSync('pnpm-lock.yaml', 'utf8'))
  if (address) fail(`pnpm-lock.yaml must hold no address of a registry:\n${address[0]}`)
  await bin('biome', 'check', '.')
  await build()
  await bin('tsc', '--noEmit', '-p', 'tsconfig.tests.json')
}

async function builtAndRun(file, ...args) {
  await build()
  await run(process.execPath, [file, ...args])
}

async function install() {
  const groups = ['packages', 'examples', 'examples/tracer-provider', 'test']
  const members = groups.flatMap((group) => readdirSync(group).map((name) => join(group, name)))
  const manifests = ['.', 'bench', ...members].map((folder) => join(folder, 'package.json'))
  const inputs = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...manifests.filter((f) => existsSync(f)),
  ]
  const wanted = hashOf(inputs, `${process.platform} ${process.arch}`)
  const stamp = 'node_modules/.spanhouse-installed'
  if (isStamped(stamp, wanted)) return
  console.log(`Installing with ${PNPM} (once; downloads about 200 MB, mostly ClickHouse) …`)
  // Its output is shown only if it fails: some warnings, such as those about SDK 3 on Node 20, are expected.
  // A question would not be seen either, so it must not ask any.
  const args = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false']
  const stopClock = showSeconds()
  const { output, ...ending } = await ended(...pnpmCommand(args), ['ignore', 'pipe', 'pipe'])
  stopClock()
  if (ending.code === 0) return writeFileSync(stamp, wanted)
  if (!isInterrupted) {
    process.stderr.write(output)
    console.error(
      'The installation failed for the reason above. If it was the network, run the same command again: it continues from there.',
    )
  }
  exitAs(ending)
}

/** Shows on a terminal that a slow download does not hang. */
function showSeconds() {
  if (!process.stdout.isTTY) return () => {}
  const start = Date.now()
  const clock = setInterval(() => {
    process.stdout.write(`\r${Math.round((Date.now() - start) / 1000)} s`)
  }, 1000)
  return () => {
    clearInterval(clock)
    process.stdout.write('\r\x1b[2K')
  }
}

/** Builds the packages whose sources, or those of a package before them, have changed. */
async function build() {
  let wanted = hashOf(['pnpm-lock.yaml', 'tsconfig.base.json', 'scripts/task.mjs'])
  for (const name of packages) {
    const folder = join('packages', name)
    const configs = ['tsconfig.json', 'tsconfig.cjs.json'].map((file) => join(folder, file))
    const sources = readdirSync(join(folder, 'src'), { recursive: true })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(folder, 'src', file))
    // Plain files that both builds find one level above themselves, as the sources do.
    const shared = readdirSync(folder).filter((file) => file.endsWith('.cjs'))
    const manifest = join(folder, 'package.json')
    const inputs = [
      manifest,
      ...configs,
      ...sources.sort(),
      ...shared.map((file) => join(folder, file)),
    ]
    wanted = hashOf(inputs, wanted)
    const stamp = `node_modules/.spanhouse-built-${name}`
    const dist = join(folder, 'dist')
    if (existsSync(dist) && isStamped(stamp, wanted)) continue
    console.log(`Building @spanhouse/${name} …`)
    // Build into a separate folder and then move it into place: no file of an earlier build stays,
    // a failed build changes nothing, and running programs keep the files that they have open.
    const [fresh, old] = [`${dist}-${process.pid}`, `${dist}-${process.pid}-old`]
    process.on('exit', () => [fresh, old].map(remove))
    const isCommand = existsSync(join(folder, 'src/cli.ts'))
    for (const [format, config] of Object.entries({ cjs: configs[1], esm: configs[0] })) {
      const to = ['-p', config, '--outDir', join(fresh, format)]
      await bin('tsc', ...to, '--emitDeclarationOnly')
      pruneTypes(join(fresh, format), entriesOf(folder))
      if (isCommand) await bin('tsc', ...to, ...CODE_ONLY)
    }
    writeFileSync(join(fresh, 'cjs/package.json'), '{"type":"commonjs"}\n')
    if (!isCommand) await bundle(folder, fresh)
    for (const file of shared) copyFileSync(join(folder, file), join(fresh, file))
    if (existsSync(dist)) renameSync(dist, old)
    renameSync(fresh, dist)
    writeFileSync(stamp, wanted)
  }
}

const CODE_ONLY = ['--declaration', 'false', '--isolatedDeclarations', 'false', '--removeComments']

/**
 * Bundles the code of a package as ESM and as CommonJS, including the parts of development dependencies that it uses. The bundle has
 * few files, because sixty take longer to load.
 */
async function bundle(folder, to) {
  const { name, version, dependencies, peerDependencies } = manifestOf(folder)
  const installed = Object.keys({ ...dependencies, ...peerDependencies })
  const bundled = new Set()
  const options = {
    platform: 'node',
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
  const notePackage = { name: 'bundled', moduleParsed: ({ id }) => void bundled.add(packageOf(id)) }
  const input = {
    input: Object.fromEntries(entries.map(({ entry }) => [entry, sharedId(entry)])),
    plugins: [sharedEntries(entries, `${name} ${version}`), notePackage],
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
  const licenses = [...bundled].filter(Boolean).sort().map(licenseOf)
  if (licenses.length > 0) writeFileSync(join(to, 'THIRD-PARTY-LICENSES'), licenses.join('\n'))
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
function entriesOf(folder) {
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
const PACKED_SMALL = new Set(['@spanhouse/exporter-clickhouse'])
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
    for (const { fileName, code } of tooLong)
      room[partNumber(fileName)] -= code.length - MAX_PART_BYTES + 100
  }
  fail(
    'The code cannot be cut into small parts: a module is too long, or modules import each other.',
  )
}

/** The part of each module. Parts are filled in order. The last modules have no part: they are in the entry. */
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
  return new Map(parts.slice(0, -1).flatMap((ids, n) => ids.map((id) => [id, `part${n + 1}`])))
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

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** The folder of the installed package that a file belongs to; undefined for our own files. */
function packageOf(file) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0]
}

function licenseOf(folder) {
  const { name, version } = manifestOf(folder)
  return `${name} ${version}\n\n${readFileSync(join(folder, 'LICENSE'), 'utf8')}`
}

/** Removes the type declarations that no entry of the package uses. */
function pruneTypes(outDir, entries) {
  const shown = new Set()
  const see = (file) => {
    if (shown.has(file)) return
    shown.add(file)
    const text = readFileSync(join(outDir, file), 'utf8')
    for (const [, path] of text.matchAll(/['"](\.\.?\/[^'"]+)\.js['"]/g))
      see(join(dirname(file), `${path}.d.ts`))
  }
  for (const entry of entries) see(`${entry}.d.ts`)
  const files = readdirSync(outDir, { recursive: true }).filter((file) => file.endsWith('.d.ts'))
  for (const file of files) if (!shown.has(file)) remove(join(outDir, file))
  for (const { name } of readdirSync(outDir, { withFileTypes: true }).filter((e) =>
    e.isDirectory(),
  ))
    if (![...shown].some((file) => dirname(file).split(sep)[0] === name)) remove(join(outDir, name))
}

function hashOf(files, seed = '') {
  const hash = createHash('sha256').update(seed)
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file))
  return hash.digest('hex')
}

function remove(folder) {
  rmSync(folder, { recursive: true, force: true })
}

function isStamped(stamp, wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted
}

function vitest(...args) {
  return bin('vitest', 'run', '--reporter=test/kit/reporter.ts', ...args)
}

function bin(name, ...args) {
  return run(join('node_modules/.bin', name), args)
}

function pnpm(args) {
  return run(...pnpmCommand(args))
}

function pnpmCommand(args) {
  return ['npx', ['--yes', '-p', PNPM, 'pnpm', ...args]]
}

/** Runs the command. If it fails, ends this process in the same way. */
async function run(command, args) {
  const ending = await ended(command, args, 'inherit')
  if (ending.code !== 0) exitAs(ending)
}

function exitAs({ code, signal }) {
  process.exit(code ?? 128 + constants.signals[signal])
}

/** Runs the command. Resolves with how it ended and, if `stdio` has pipes, with all of its output. */
async function ended(command, args, stdio) {
  // Programs that are started find the `node` that runs this, not another one.
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
  }
  running = spawn(command, args, { stdio, env })
  let output = ''
  for (const stream of [running.stdout, running.stderr])
    stream?.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  const [code, signal] = await once(running, 'close').catch((error) => fail(error.message))
  return { code, signal, output }
}

function fail(why) {
  console.error(why)
  process.exit(1)
}

const [major, minor] = process.versions.node.split('.').map(Number)
const isSupported = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
if (!isSupported)
  fail(
    `spanhouse needs Node 20 from 20.19, or 22 from 22.12, or a later one; this is ${process.version}.`,
  )

const [name, ...args] = process.argv.slice(2)
if (!Object.hasOwn(tasks, name))
  fail(`Usage: node scripts/task.mjs ${Object.keys(tasks).join('|')}`)

// A terminal sends Ctrl-C to all its programs: the command ends in its own way, and then this process ends.
let running
let isInterrupted = false
process.on('SIGINT', () => {
  isInterrupted = true
})
process.on('SIGTERM', (signal) => running?.kill(signal))
await install()
await tasks[name](...args)
