// Puts the built command with what it needs into a folder, for the image: node docker/receiver/bundle.mjs FOLDER
// What only starts applications and local servers is left out; it would be a hundred times as large.
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const folder = resolve(process.argv[2] ?? 'receiver')
const root = join(import.meta.dirname, '../..')

await build({
  entryPoints: [join(root, 'packages/spanhouse/dist/cli.js')],
  outdir: folder,
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  external: ['@spanhouse/local-clickhouse', '@opentelemetry/auto-instrumentations-node'],
  // CommonJS in the bundle requires modules of Node.
  banner: {
    js: "import { createRequire as requireIn } from 'node:module'; const require = requireIn(import.meta.url);",
  },
  legalComments: 'eof',
})
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
