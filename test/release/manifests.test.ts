// What npm shows of each published package. New packages are found by themselves.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { nameOf, packages, root } from '../packed/packed.js'

const { engines, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

describe.each(packages)('packages/%s/package.json', (folder) => {
  const home = join(root, 'packages', folder)
  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))

  test('says what the package is, in one line', () => {
    expect(manifest.name).toBe(nameOf(folder))
    expect(manifest.version).toMatch(/^\d+\.\d+\.\d+/)
    expect(manifest.description).toMatch(/^[A-Z].{30,150}[^.]$/)
    expect(manifest.keywords.length).toBeGreaterThan(4)
    expect(new Set(manifest.keywords).size).toBe(manifest.keywords.length)
    expect(manifest.keywords).toContain('clickhouse')
  })

  test('says where it comes from and where to report what is wrong with it', () => {
    const repository = manifest.repository.url.replace(/^git\+(.*)\.git$/, '$1')
    expect(manifest.repository).toEqual({
      type: 'git',
      url: `git+${repository}.git`,
      directory: `packages/${folder}`,
    })
    expect(manifest.homepage).toBe(`${repository}/tree/main/packages/${folder}#readme`)
    expect(manifest.bugs).toEqual({ url: `${repository}/issues` })
  })

  test('has the licence and the versions of Node of the repository', () => {
    expect(manifest.license).toBe(license)
    expect(manifest.engines).toEqual(engines)
    expect(readFileSync(join(home, 'LICENSE'), 'utf8')).toBe(
      readFileSync(join(root, 'LICENSE'), 'utf8'),
    )
    expect(existsSync(join(home, 'README.md'))).toBe(true)
  })

  test('is published for everybody, with its provenance, and only what is built', () => {
    expect(manifest.publishConfig).toEqual({ access: 'public', provenance: true })
    expect(manifest.files).toEqual(['dist'])
  })
})
