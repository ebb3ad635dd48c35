import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { record } from '../kit/results.js'
import { packAll, packages, root, run, scratchFolder, tarballOf, tool } from './packed.js'

const folder = scratchFolder()
beforeAll(() => packAll(folder))

describe.each(packages)('the tarball of @spanhouse/%s', (name) => {
  const tarball = tarballOf(name, folder)

  test('holds both builds, README, LICENSE and nothing else', async () => {
    const { stdout } = await run('tar', ['-tzf', tarball])
    const held = stdout
      .trim()
      .split('\n')
      .map((path) => path.replace(/^package\//, ''))
    const isTypes = (path: string) => path.endsWith('.d.ts')
    expect(held.filter((path) => !isTypes(path)).sort()).toEqual(filesOf(name).sort())
    // Those that the package shows; that none is missing is what attw looks at.
    for (const path of held.filter(isTypes))
      expect(path).toMatch(/^dist\/(esm|cjs)\/[\w-]+\.d\.ts$/)
    const kB = statSync(tarball).size / 1000
    record(`the tarball of @spanhouse/${name}`, { kB })
    expect(kB).toBeLessThanOrEqual(60)
  })

  test('names versions where the workspace names itself', async () => {
    const manifest = JSON.stringify(await manifestIn(tarball))
    expect(manifest).not.toMatch(/(workspace|catalog|link|file):/)
  })

  test('satisfies publint', async () => {
    await tool('publint', 'run', tarball, '--strict')
  })

  test('has the right types for every way to import it', async () => {
    await tool('attw', tarball, '--profile', 'node16')
  })
})

test('the exporter depends on transform alone, has zod in it with its licence, and transform depends on nothing', async () => {
  const exporter = await manifestIn(tarballOf('exporter-clickhouse', folder))
  const transform = await manifestIn(tarballOf('transform', folder))
  expect(Object.keys(exporter.dependencies ?? {}).sort()).toEqual(['@spanhouse/transform'])
  expect(exporter.dependencies?.['@spanhouse/transform']).toBe(transform.version)
  const licences = [
    '-xzOf',
    tarballOf('exporter-clickhouse', folder),
    'package/dist/THIRD-PARTY-LICENSES',
  ]
  expect((await run('tar', licences)).stdout).toMatch(/^zod 4.*MIT License.*Copyright/s)
  expect(exporter.peerDependencies).toEqual({ '@opentelemetry/api': '>=1.9 <2' })
  expect(transform.dependencies).toBeUndefined()
  expect(transform.peerDependencies).toBeUndefined()
})

function filesOf(name: string): string[] {
  const folder = join(root, 'packages', name)
  const sources = readdirSync(join(folder, 'src')).map((file) => file.replace(/\.ts$/, ''))
  const modules = sources.includes('cli') ? sources : ['index'] // what is no command is one file
  const shared = readdirSync(folder).filter((file) => file.endsWith('.cjs'))
  return [
    'LICENSE',
    'README.md',
    'package.json',
    'dist/cjs/package.json',
    ...(sources.includes('cli') ? [] : ['dist/cjs/names.js']),
    ...(name === 'exporter-clickhouse' ? ['dist/THIRD-PARTY-LICENSES'] : []),
    ...shared.map((file) => `dist/${file}`),
    ...['esm', 'cjs'].flatMap((format) => modules.map((module) => `dist/${format}/${module}.js`)),
  ]
}

interface Manifest {
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

async function manifestIn(tarball: string): Promise<Manifest> {
  const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json'])
  return JSON.parse(stdout)
}
