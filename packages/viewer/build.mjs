// Builds the page: three files that a server serves as they are. The task script and the tests call it.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { collectLicences } from '../../scripts/licences.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const source = join(here, 'src')
const require = createRequire(import.meta.url)

/** Writes index.html, app.js and app.css into `outDir`, and the licences of the libraries that are in app.js. */
export async function buildPage(outDir) {
  mkdirSync(outDir, { recursive: true })
  const licences = collectLicences()
  const build = await rolldown({
    input: join(source, 'main.ts'),
    platform: 'browser',
    treeshake: { moduleSideEffects: [{ test: /[\\/]src[\\/]main\.ts$/, sideEffects: true }] },
    plugins: [licences.plugin, queriesFromSource],
    transform: { target: 'es2022' },
    checks: { bundlerTimings: false }, // a busy machine is no mistake in the page
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
  writeFileSync(join(outDir, 'THIRD-PARTY-LICENSES'), licences.text())
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
