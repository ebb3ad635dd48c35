// Bundles the command `spanhouse`: one small file that starts, one for each command, which is loaded when it is
// called, and the one that is loaded into an application.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { manifestOf } from './files.mjs'
import { collectLicences } from './licences.mjs'

/** Resolves with the licences of what is in the bundle. */
export async function bundleCommand(folder, to) {
  const { rolldown } = await import('rolldown')
  const { version, dependencies } = manifestOf(folder)
  const installed = Object.keys(dependencies)
  const licences = collectLicences()
  const bundle = await rolldown({
    input: { cli: resolve(folder, 'src/cli.ts'), preload: resolve(folder, 'src/preload.ts') },
    platform: 'node',
    external: (id) =>
      id.startsWith('node:') || installed.some((one) => id === one || id.startsWith(`${one}/`)),
    resolve: { alias: { '#exporter': resolve('packages/exporter-clickhouse/src/internal.ts') } },
    transform: { define: { SPANHOUSE_VERSION: JSON.stringify(version) } },
    plugins: [licences.plugin],
    experimental: { attachDebugInfo: 'none' }, // no comments that name the files
  })
  const { output } = await bundle.generate({
    format: 'esm',
    comments: false,
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
  })
  await bundle.close()
  mkdirSync(to, { recursive: true })
  for (const { fileName, code } of output) writeFileSync(join(to, fileName), code)
  return licences.text()
}
