// The list of what is in each published package, held against its schema and against what is installed and bundled.
import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { beforeAll, describe, expect, test } from 'vitest'
import { nameOf, packages, root, run, scratchFolder } from '../packed/packed.js'

interface Component {
  readonly group?: string
  readonly name: string
  readonly version: string
}
interface Bom {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[]
}

const folder = scratchFolder()
beforeAll(async () => {
  await run(process.execPath, ['scripts/task.mjs', 'sbom', folder])
})

const bomOf = (name: string): Bom =>
  JSON.parse(
    readFileSync(join(folder, `${nameOf(name).replace(/^@(.+)\//, '$1-')}.cdx.json`), 'utf8'),
  )
const held = (bom: Bom): string[] =>
  bom.components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name} ${version}`)

/** Everything that a package needs when it runs, as it is installed here, without what this platform leaves out. */
function installed(home: string, found = new Set<string>()): Set<string> {
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const needed = { ...manifest.dependencies, ...manifest.optionalDependencies }
  for (const name of Object.keys(needed)) {
    const paths = createRequire(join(home, 'package.json')).resolve.paths(name) ?? []
    const at = paths.map((path) => join(path, name)).find((path) => isPackage(path))
    if (at === undefined) continue
    const { name: ownName, version } = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8'))
    if (found.has(`${ownName} ${version}`)) continue
    found.add(`${ownName} ${version}`)
    installed(realpathSync(at), found)
  }
  return found
}

function isPackage(path: string): boolean {
  try {
    return readdirSync(path).includes('package.json')
  } catch {
    return false
  }
}

// The library of CycloneDX has the published schemas in its package, unchanged.
const schemas = join(root, 'node_modules/@cyclonedx/cyclonedx-library/res/schema')
const schema = (name: string) =>
  JSON.parse(readFileSync(join(schemas, `${name}.SNAPSHOT.schema.json`), 'utf8'))
const ajv = new Ajv({ strict: false, validateFormats: false })
for (const name of ['spdx', 'jsf-0.82', 'cryptography-defs'])
  ajv.addSchema({
    ...schema(name),
    $id: `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`,
  })
const fits = ajv.compile(schema('bom-1.7'))

test('there is one for each published package, and no other', () => {
  const names = packages.map((name) => `${nameOf(name).replace(/^@(.+)\//, '$1-')}.cdx.json`)
  expect(readdirSync(folder).sort()).toEqual(names.sort())
})

describe.each(packages)('the list of packages/%s', (name) => {
  test('fits the schema of CycloneDX 1.7', () => {
    expect(fits(bomOf(name)), JSON.stringify(fits.errors)).toBe(true)
  })

  test('has all that is installed with the package, in the same versions', () => {
    const listed = new Set(held(bomOf(name)))
    const needed = [...installed(join(root, 'packages', name))]
    expect(needed.filter((one) => !listed.has(one))).toEqual([])
  })

  test('leads from the package to each of its parts, and names none twice', () => {
    const { metadata, components, dependencies } = bomOf(name)
    expect(`${metadata.component.group ?? ''}/${metadata.component.name}`.replace(/^\//, '')).toBe(
      nameOf(name),
    )
    expect(new Set(held(bomOf(name))).size).toBe(components.length)
    const edges = new Map(dependencies.map(({ ref, dependsOn = [] }) => [ref, dependsOn]))
    const reached = new Set<string>()
    const reach = (ref: string) => {
      if (reached.has(ref)) return
      reached.add(ref)
      for (const next of edges.get(ref) ?? []) reach(next)
    }
    reach(
      String(
        dependencies.find(({ ref }) =>
          ref.startsWith(`pkg:npm/${nameOf(name).replace('@', '%40')}@`),
        )?.ref,
      ),
    )
    expect(reached.size).toBe(components.length + 1)
  })
})

test('what the build puts into a package is in its list, and what only tests use is not', () => {
  const plain = (name: string) => held(bomOf(name)).map((one) => one.replace(/ .*/, ''))
  expect(plain('exporter-clickhouse')).toEqual(
    expect.arrayContaining(['@spanhouse/transform', 'zod']),
  )
  expect(plain('spanhouse')).toEqual(
    expect.arrayContaining(['@preact/signals', 'htm', 'preact', 'uplot', 'zod']),
  )
  expect(plain('transform')).toEqual([])
  for (const name of packages) expect(plain(name)).not.toContain('vitest')
})

test('a list with a wrong value does not fit', () => {
  const bom = bomOf('transform')
  expect(fits({ ...bom, specVersion: 17 })).toBe(false)
})
