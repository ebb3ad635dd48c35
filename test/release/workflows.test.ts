// The workflows, which run on GitHub alone: read by GitHub's own parser, and compared with what they call.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { temporaryDirectory } from '../kit/temporary-directory.js'
import { root, scratchFolder } from '../packed/packed.js'

interface Step {
  readonly uses?: string
  readonly run?: string
  readonly name?: string
  readonly with?: Readonly<Record<string, string | number | boolean>>
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>
  readonly 'timeout-minutes'?: number
  readonly strategy?: {
    readonly matrix: { readonly node: readonly number[]; readonly os: readonly string[] }
  }
  readonly steps: readonly Step[]
}

const home = join(root, '.github/workflows')
const files = readdirSync(home).sort()
const read = (file: string): string => readFileSync(join(home, file), 'utf8')
const jobsOf = (file: string): Job[] => Object.values(parse(read(file)).jobs)
const stepsOf = (file: string): Step[] => jobsOf(file).flatMap(({ steps }) => steps)
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

// The parser imports JSON in a way that Node has given up, so it is bundled first.
let parser: typeof import('@actions/workflow-parser')
const scratch = scratchFolder()
beforeAll(async () => {
  const outfile = join(scratch, 'parser.mjs')
  const entryPoints = [join(root, 'node_modules/@actions/workflow-parser/dist/index.js')]
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm' })
  parser = await import(outfile)
})

function mistakesIn(content: string): string[] {
  const trace = new parser.NoOperationTraceWriter()
  const { context } = parser.parseWorkflow({ name: 'a.yml', content }, trace)
  return context.errors.getErrors().map(({ message }) => message)
}

test('there is one workflow for every change, and one for releases', () => {
  expect(files).toEqual(['ci.yml', 'release.yml'])
})

test.each(files)("%s fits GitHub's schema of workflows", (file) => {
  expect(mistakesIn(read(file))).toEqual([])
})

test('a word that the schema does not know, or an unknown context, is a mistake', () => {
  expect(mistakesIn(read('ci.yml').replace('timeout-minutes', 'timeout-minuts'))).not.toEqual([])
  expect(mistakesIn(read('ci.yml').replace('matrix.node', 'matrx.node'))).not.toEqual([])
})

test.each(files)('%s runs only scripts that there are', (file) => {
  const commands = stepsOf(file).flatMap((step) => [
    ...(step.run ?? '').split('\n'),
    ...['version', 'publish'].map((name) => String(step.with?.[name] ?? '')),
  ])
  const scripts = commands.flatMap((line) => /^npm run ([\w:]+)/.exec(line)?.[1] ?? [])
  for (const script of scripts) expect(Object.keys(manifest.scripts)).toContain(script)
  const programs = commands.flatMap((line) => /^(\.\S+)/.exec(line)?.[1] ?? [])
  for (const program of programs) expect(existsSync(join(root, program)), program).toBe(true)
  expect(scripts.length + programs.length).toBeGreaterThan(0)
})

test.each(files)('%s names each action by its commit, and says which version that is', (file) => {
  const uses = read(file).match(/uses: .*/g) ?? []
  expect(uses).toHaveLength(stepsOf(file).filter((step) => step.uses).length)
  for (const line of uses)
    expect(line).toMatch(/^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
})

test.each(files)('%s ends after a time, and may do no more than it must', (file) => {
  for (const job of jobsOf(file)) expect(job['timeout-minutes']).toBeLessThanOrEqual(60)
  expect(read(file)).not.toContain('secrets.')
  expect(read(file)).toMatch(/^# NOT RUN YET/)
})

test('CI may only read, and a release may write and have an identity for npm', () => {
  expect(parse(read('ci.yml')).permissions).toEqual({ contents: 'read' })
  expect(parse(read('release.yml')).permissions).toEqual({})
  const [release] = jobsOf('release.yml')
  expect(release?.permissions).toEqual({
    contents: 'write',
    'pull-requests': 'write',
    'id-token': 'write',
  })
  expect(release?.steps.some(({ uses }) => uses?.startsWith('actions/cache'))).toBe(false)
})

test('CI runs on every line of Node that the packages allow, on Linux and on macOS', () => {
  const matrix = jobsOf('ci.yml')[0]?.strategy?.matrix
  const allowed = [...manifest.engines.node.matchAll(/(\d+)\.\d+\.\d+/g)].map(([, major]) =>
    Number(major),
  )
  expect(allowed).toEqual([20, 22])
  expect(matrix?.node.slice(0, 2)).toEqual(allowed)
  for (const [i, node] of (matrix?.node ?? []).entries()) expect(node).toBe(20 + 2 * i)
  expect(matrix?.os.map((os) => os.replace(/-.*/, ''))).toEqual(['ubuntu', 'macos'])
  const words = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  expect(words).toContain(`Node ${matrix?.node.join(', ')}`)
})

test('the first version of the action of changesets belongs to the second of its command', () => {
  expect(manifest.devDependencies['@changesets/cli']).toMatch(/^2\./)
  expect(read('release.yml')).toMatch(/changesets\/action@\w{40} # v1\./)
})

test('each published package gets its own list of contents at its own release', () => {
  const step = stepsOf('release.yml').find(({ name }) => name?.startsWith('Attach'))
  const folder = temporaryDirectory()
  writeFileSync(join(folder, 'gh'), '#!/bin/sh\necho "$@" >> calls\n')
  chmodSync(join(folder, 'gh'), 0o755)
  execFileSync('bash', ['-e', '-c', step?.run ?? 'false'], {
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${folder}:${process.env['PATH']}`,
      PACKAGES:
        '[{"name":"@spanhouse/transform","version":"1.2.0"},{"name":"spanhouse","version":"0.3.1"}]',
    },
  })
  expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe(
    `release upload @spanhouse/transform@1.2.0 sbom/spanhouse-transform.cdx.json
release upload spanhouse@0.3.1 sbom/spanhouse.cdx.json
`,
  )
})
