// What a reader copies: the files of the examples, and the blocks of the documents that show them.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { quotesIn } from '../kit/quoted-files.js'
import { documents } from '../packed/documents.js'
import { root } from './run-example.js'

const workspace = parse(readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8'))
const lock = parse(readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8'))
const members = Object.keys(lock.importers).filter(
  (folder) => folder.startsWith('examples/') && folder !== 'examples/shop',
)
const manifests = [...members, 'examples/nextjs'].filter((folder) =>
  existsSync(join(root, folder, 'package.json')),
)

test('a block that a document announces as a file of an example is that file', () => {
  for (const [document, text] of documents())
    for (const { file, text: quoted } of quotesIn(text))
      expect(quoted, `${document}: ${file}`).toBe(readFileSync(join(root, file), 'utf8'))
})

test('a quote is found after its announcement, and nowhere else', () => {
  const file = 'examples/script/script.mjs'
  const block = '```js\nlet a\n```\n'
  expect(quotesIn(`<!-- ${file} -->\n${block}`)).toEqual([{ file, text: 'let a\n' }])
  expect(quotesIn(`<!-- ${file} -->\n\n${block}\n${block}`)).toHaveLength(1)
  expect(quotesIn(block)).toEqual([])
  expect(() => quotesIn(`<!-- ${file} -->\ntext\n${block}`)).toThrow(/not followed/)
})

test('examples/README.md has a row for each example', () => {
  const readme = readFileSync(join(root, 'examples/README.md'), 'utf8')
  const links = [...readme.matchAll(/\[`([^`]+)`\]\(/g)].map(([, name]) => `examples/${name}`)
  expect(links.sort()).toEqual([...manifests, 'examples/shop'].sort())
})

test.each(manifests)('%s: the versions of OpenTelemetry are those of a catalog', (folder) => {
  const { dependencies } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  const catalog = dependencies['@opentelemetry/sdk-trace'] ? 'sdk3' : 'sdk2'
  const versions: Record<string, string> = workspace.catalogs[catalog]
  for (const [name, version] of Object.entries(dependencies))
    if (name.startsWith('@opentelemetry/')) expect(version, name).toBe(versions[name])
})

test.each(manifests)('%s: depends on our package in the version of this repository', (folder) => {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'))
  const { version } = read('packages/exporter-clickhouse')
  expect(read(folder).dependencies['@spanhouse/exporter-clickhouse']).toBe(`^${version}`)
})

test.each(members)('%s: our package is that of this workspace', (folder) => {
  const { version } = lock.importers[folder].dependencies['@spanhouse/exporter-clickhouse']
  expect(version).toMatch(/^link:.*\/packages\/exporter-clickhouse$/)
})
