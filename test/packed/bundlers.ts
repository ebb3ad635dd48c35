import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { transform as minified, build as runEsbuild } from 'esbuild'
import { rolldown } from 'rolldown'
import { build as runVite } from 'vite'

/** What is to be made of an application. */
export interface Bundle {
  readonly format: 'esm' | 'cjs'
  readonly minify: boolean
  readonly input: string
  readonly file: string
  /** Where those bundlers are installed that the workspace does not have. */
  readonly bundlers: string
}

/** Each puts the whole application into `file`, for Node.js. */
export const bundlers: Readonly<Record<string, (bundle: Bundle) => Promise<void>>> = {
  async esbuild({ format, minify, input, file }) {
    const options = { bundle: true, platform: 'node', logLevel: 'error' } as const
    await runEsbuild({ ...options, entryPoints: [input], outfile: file, format, minify })
  },

  async rolldown({ format, minify, input, file }) {
    const build = await rolldown({ input, platform: 'node', onLog: failOnWarnings })
    await build.write({ file, format, minify, codeSplitting: false })
    await build.close()
  },

  async vite({ format, minify, input, file }) {
    await runVite({
      configFile: false,
      logLevel: 'error',
      root: dirname(input),
      ssr: { noExternal: true, target: 'node' },
      build: {
        ssr: input,
        outDir: dirname(file),
        minify,
        rolldownOptions: { output: { format, entryFileNames: nameOf(file), codeSplitting: false } },
      },
    })
  },

  async rollup({ format, minify, input, file, bundlers }) {
    const load = createRequire(join(bundlers, 'package.json'))
    const { rollup } = load('rollup')
    const { nodeResolve } = load('@rollup/plugin-node-resolve')
    const commonjs = load('@rollup/plugin-commonjs')
    const plugins = [nodeResolve({ exportConditions: ['node'] }), commonjs()]
    const build = await rollup({ input, plugins, external: isBuiltin, onLog: failOnWarnings })
    const { output } = await build.generate({ format, inlineDynamicImports: true })
    const { code } = output[0]
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, minify ? (await minified(code, { minify })).code : code)
    await build.close()
  },

  async webpack({ format, minify, input, file, bundlers }) {
    const webpack = createRequire(join(bundlers, 'package.json'))('webpack')
    const isModule = format === 'esm'
    const options = {
      mode: minify ? 'production' : 'development',
      devtool: false,
      target: 'node20',
      context: dirname(input),
      entry: input,
      experiments: { outputModule: isModule },
      output: {
        path: dirname(file),
        filename: nameOf(file),
        module: isModule,
        library: { type: isModule ? 'module' : 'commonjs2' },
      },
    }
    const stats = await new Promise<Stats>((resolve, reject) =>
      webpack(options, (error: Error | null, done: Stats) =>
        error ? reject(error) : resolve(done),
      ),
    )
    if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString())
  },

  async ncc({ format, minify, input, file, bundlers }) {
    const ncc = createRequire(join(bundlers, 'package.json'))('@vercel/ncc')
    const options = { minify, esm: format === 'esm', cache: false, quiet: true }
    const { code } = await ncc(input, options)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, code)
  },
}

interface Stats {
  hasErrors(): boolean
  hasWarnings(): boolean
  toString(): string
}

function failOnWarnings(level: string, log: { readonly message?: string }): void {
  if (level === 'warn') throw new Error(log.message)
}

function nameOf(file: string): string {
  return file.slice(dirname(file).length + 1)
}
