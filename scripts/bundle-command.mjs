// Bundles the command `spanhouse`: one small file that starts, one for each command, which is loaded when it is
// called, and the one that is loaded into an application.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { manifestOf } from './files.mjs'
import { collectLicences } from './licences.mjs'

/** Resolves with the licences of what is in the bundle. */
export async function bundleCommand(folder, to) {
  const licences = collectLicences()
  await bundle(folder, to, { cli: resolve(folder, 'src/cli.ts') }, 'esm', licences)
  await bundle(folder, to, { preload: resolve(folder, 'src/preload.ts') }, 'cjs', licences)
  return licences.text()
}

async function bundle(folder, to, input, format, licences) {
  const { rolldown } = await import('rolldown')
  const { version, dependencies } = manifestOf(folder)
  const installed = Object.keys(dependencies)
  const made = await rolldown({
    input,
    platform: 'node',
    external: (id) =>
      id.startsWith('node:') || installed.some((one) => id === one || id.startsWith(`${one}/`)),
    resolve: {
      alias: {
        '#exporter': resolve('packages/exporter-clickhouse/src/internal.ts'),
        '#receiver': resolve('packages/receiver/src/index.ts'),
        '@spanhouse/queries': resolve('packages/queries/src/index.ts'), // its dist has the SQL of the dashboards in the same file
      },
    },
    transform: { define: { SPANHOUSE_VERSION: JSON.stringify(version) } },
    plugins: [licences.plugin],
    experimental: { attachDebugInfo: 'none' }, // no comments that name the files
  })
  const { output } = await made.generate({
    format,
    comments: false,
    entryFileNames: format === 'cjs' ? '[name].cjs' : '[name].js',
    chunkFileNames: '[name].js',
  })
  await made.close()
  mkdirSync(to, { recursive: true })
  for (const { fileName, code } of output) writeFileSync(join(to, fileName), code)
}
