// Builds the page: three files that a server serves as they are. The task script and the tests call it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, 'src')
const require = createRequire(import.meta.url)

/** Writes index.html, app.js and app.css into `outDir`, and the licenses of the libraries that are in app.js. */
export async function buildPage(outDir) {
  mkdirSync(outDir, { recursive: true })
  const bundled = new Set()
  const build = await rolldown({
    input: join(source, 'main.ts'),
    platform: 'browser',
    treeshake: { moduleSideEffects: [{ test: /[\\/]src[\\/]main\.ts$/, sideEffects: true }] },
    plugins: [
      { name: 'bundled', moduleParsed: ({ id }) => void bundled.add(packageOf(id)) },
      queriesFromSource,
    ],
    transform: { target: 'es2022' },
    onwarn: (warning) => {
      throw new Error(warning.message)
    },
  })
  const { output } = await build.generate({ format: 'esm', minify: true, comments: false })
  await build.close()
  const [script, ...more] = output
  if (more.length > 0) throw new Error('The page must be one script.')
  writeFileSync(join(outDir, 'app.js'), script.code)
  writeFileSync(join(outDir, 'app.css'), styles())
  writeFileSync(join(outDir, 'index.html'), readFileSync(join(source, 'index.html')))
  const licenses = [...bundled].filter(Boolean).sort().map(licenseOf)
  writeFileSync(join(outDir, 'THIRD-PARTY-LICENSES'), licenses.join('\n'))
}

/** The page is built from the sources of the queries, so a test of the page sees what was just changed there. */
const queriesFromSource = {
  name: 'queries',
  resolveId: (id) =>
    id === '@spanhouse/queries' ? join(here, '../queries/src/index.ts') : undefined,
}

/** All style sheets in the order of their names, after uPlot's. */
function styles() {
  const folder = join(source, 'styles')
  const own = readdirSync(folder)
    .filter((name) => name.endsWith('.css'))
    .sort()
    .map((name) => join(folder, name))
  const files = [require.resolve('uplot/dist/uPlot.min.css'), ...own]
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/\n\s*/g, '\n')
}

/** The folder of the installed package that a file belongs to; undefined for our own files. */
function packageOf(file) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0]
}

function licenseOf(folder) {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((one) => /^licen[sc]e/i.test(one))
  const text = file ? readFileSync(join(folder, file), 'utf8') : 'No license file.\n'
  return `${name} ${version}\n\n${text}`
}
