import { readdirSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { figure } from '../kit/results.js'
import {
  libraries,
  packages,
  putTarballs,
  root,
  run,
  scratchFolder,
  tarballOf,
  tool,
} from './packed.js'

const folder = scratchFolder()
beforeAll(() => putTarballs(folder))

describe.each(libraries)('the tarball of @spanhouse/%s', (name) => {
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
      expect(path).toMatch(/^dist\/(esm|cjs)\/([\w-]+\/)?[\w-]+\.d\.ts$/)
    const kB = statSync(tarball).size / 1000
    figure(`the tarball of @spanhouse/${name}`, { kB })
    expect(kB).toBeLessThanOrEqual(170)
  })

  test('has the right types for every way to import it', async () => {
    await tool('attw', tarball, '--profile', 'node16')
  })
})

describe.each(packages)('the tarball of packages/%s', (name) => {
  const tarball = tarballOf(name, folder)

  test('has no relative link in its README that leads out of the package', async () => {
    const { stdout: list } = await run('tar', ['-tzf', tarball])
    const { stdout: readme } = await run('tar', ['-xzOf', tarball, 'package/README.md'])
    const links = [
      ...readme.matchAll(/\]\(\s*<?([^)\s>]+)/g), // [text](target)
      ...readme.matchAll(/^\s*\[[^\]]+\]:\s*<?([^\s>]+)/gm), // [name]: target
      ...readme.matchAll(/(?:src|href)\s*=\s*["']([^"']+)/g),
    ].map(([, target = '']) => target)
    const relative = links.filter((target) => !/^([a-z][a-z+.-]*:|\/\/|#)/i.test(target))
    const held = list.trim().split('\n')
    const lost = relative.filter((target) => {
      const path = posix.join('package', target.replace(/[#?].*/, ''))
      return !held.some((one) => one === path || one.startsWith(`${path.replace(/\/$/, '')}/`))
    })
    expect(lost).toEqual([])
  })

  test('says where it comes from, for npm to show', async () => {
    const { repository, homepage, bugs } = await manifestIn(tarball)
    expect(repository).toEqual({
      type: 'git',
      url: expect.stringMatching(/^git\+https:\/\/.*\.git$/),
      directory: `packages/${name}`,
    })
    expect(homepage).toContain(`/packages/${name}`)
    expect(bugs?.url).toMatch(/^https:\/\//)
  })

  test('names versions where the workspace names itself', async () => {
    const manifest = JSON.stringify(await manifestIn(tarball))
    expect(manifest).not.toMatch(/(workspace|catalog|link|file):/)
  })

  test('satisfies publint', async () => {
    await tool('publint', 'run', tarball, '--strict')
  })
})

test('the tarball of the command holds its files, the page and nothing else', async () => {
  const tarball = tarballOf('spanhouse', folder)
  const { stdout } = await run('tar', ['-tzf', tarball])
  const held = stdout
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
  const chunks = held.filter((path) => /^dist\/[\w-]+\.js$/.test(path))
  expect(chunks).toContain('dist/cli.js')
  expect(held.filter((path) => !chunks.includes(path)).sort()).toEqual([
    'LICENSE',
    'README.md',
    'dist/THIRD-PARTY-LICENSES',
    'dist/page/app.css',
    'dist/page/app.js',
    'dist/page/index.html',
    'dist/preload.cjs',
    'package.json',
  ])
  const licences = (await run('tar', ['-xzOf', tarball, 'package/dist/THIRD-PARTY-LICENSES']))
    .stdout
  for (const bundled of ['preact', 'htm', '@preact/signals', 'uplot', 'zod'])
    expect(licences).toMatch(new RegExp(`^${bundled} \\d`, 'm'))
  const kB = statSync(tarball).size / 1000
  figure('the tarball of spanhouse', { kB })
  expect(kB).toBeLessThanOrEqual(410)
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
  const { '@opentelemetry/api': api, ...optional } = exporter.peerDependencies ?? {}
  expect(api).toBe('>=1.9 <2')
  expect(Object.keys(optional).sort()).toEqual(Object.keys(exporter.peerDependenciesMeta ?? {}))
  expect(transform.dependencies).toBeUndefined()
  expect(transform.peerDependencies).toBeUndefined()
})

test('the receiver has the parts of the exporter that it uses in it, and depends on its types', async () => {
  const tarball = tarballOf('receiver', folder)
  const { dependencies, peerDependencies } = await manifestIn(tarball)
  expect(Object.keys(dependencies ?? {}).sort()).toEqual([
    '@spanhouse/exporter-clickhouse',
    '@spanhouse/transform',
  ])
  expect(peerDependencies).toEqual({ '@opentelemetry/api': '>=1.9 <2' })
  const { stdout: types } = await run('tar', ['-xzOf', tarball, 'package/dist/esm/receiver.d.ts'])
  expect(types).not.toContain('#exporter')
})

function filesOf(name: string): string[] {
  const folder = join(root, 'packages', name)
  const sources = readdirSync(join(folder, 'src')).map((file) => file.replace(/\.ts$/, ''))
  const modules = sources.includes('cli') ? sources : bundledFilesOf(folder)
  const shared = readdirSync(folder).filter((file) => file.endsWith('.cjs'))
  return [
    'LICENSE',
    'README.md',
    'package.json',
    'dist/cjs/package.json',
    ...(name === 'exporter-clickhouse' || name === 'receiver' ? ['dist/THIRD-PARTY-LICENSES'] : []),
    ...shared.map((file) => `dist/${file}`),
    ...['esm', 'cjs'].flatMap((format) => modules.map((module) => `dist/${format}/${module}.js`)),
  ]
}

/** A package without a command is its entries, and its code in one file or a few parts. */
function bundledFilesOf(folder: string): string[] {
  const files = readdirSync(join(folder, 'dist/esm')).filter((file) => file.endsWith('.js'))
  for (const file of files) expect(file).toMatch(/^(index|internal|register|code|part\d\d)\.js$/)
  return files.map((file) => file.replace(/\.js$/, ''))
}

interface Manifest {
  readonly version: string
  readonly repository?: unknown
  readonly homepage?: string
  readonly bugs?: { readonly url: string }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Record<string, { optional: boolean }>
}

async function manifestIn(tarball: string): Promise<Manifest> {
  const { stdout } = await run('tar', ['-xzOf', tarball, 'package/package.json'])
  return JSON.parse(stdout)
}
