import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AUTO } from '#exporter'
import { type Check, type Found, ok, warning } from '../check.js'
import type { Surroundings } from '../facts.js'

const OURS = '@spanhouse/exporter-clickhouse/register'
const THEIRS = `${AUTO}/register`
const HOOK = /(instrumentation|import-in-the-middle)\/hook\.mjs/

/** A file or package that Node loads before the application. */
export interface Preload {
  readonly flag: 'import' | 'require' | 'loader'
  readonly name: string
}

/** What NODE_OPTIONS, or the arguments of `node`, load first, in their order. */
export function preloadsIn(options: string): Preload[] {
  const words = wordsIn(options)
  return words.flatMap((word, at) => {
    const [, flag, given] =
      /^(?:--(import|require|(?:experimental-)?loader)|-r)(?:=(.*))?$/s.exec(word) ?? []
    const isFlag = flag !== undefined || word === '-r' || word.startsWith('-r=')
    const name = given ?? words[at + 1]
    if (!isFlag || !name) return []
    const kind = flag === 'import' ? 'import' : flag?.endsWith('loader') ? 'loader' : 'require'
    return [{ flag: kind, name } satisfies Preload]
  })
}

/** As Node splits NODE_OPTIONS: quotation marks join, and a backslash inside them protects the next character. */
function wordsIn(text: string): string[] {
  return [...text.matchAll(/(?:"(?:\\.|[^"\\])*"|\S)+/gs)].map(([word]) =>
    word.replace(/"((?:\\.|[^"\\])*)"/gs, (_, inner: string) => inner.replace(/\\(.)/gs, '$1')),
  )
}

export const nodeOptions: Check<Surroundings> = {
  id: 'node-options',
  title: 'NODE_OPTIONS',
  run: ({ env, cwd }) => preloadFindings(env['NODE_OPTIONS'] ?? '', scriptsIn(cwd)),
}

function preloadFindings(options: string, scripts: ReadonlyMap<string, string>): Found[] {
  const preloads = preloadsIn(options)
  const found: Found[] = []
  const ours = preloads.filter(isOurs)
  if (ours.length > 1)
    found.push(warning('loads our register twice; the second load does nothing', ONCE))
  for (const [script, line] of scripts)
    if (preloadsIn(line).filter(isOurs).length + ours.length > 1)
      found.push(warning(`the script "${script}" loads our register again`, ONCE))
  if (preloads.some(({ name }) => name.includes(THEIRS)))
    found.push(
      warning(
        `loads ${THEIRS}, which starts an SDK of its own`,
        ours.length > 0 ? `Remove it: ${OURS} replaces it.` : `Load ${OURS} instead.`,
      ),
    )
  const first = preloads.findIndex(isOurs)
  const hook = preloads.findIndex(({ name }) => HOOK.test(name))
  if (hook >= 0 && first >= 0)
    found.push(
      warning(
        hook > first
          ? 'loads the hook for ES modules after our register, so what register loads is not instrumented'
          : 'loads the hook for ES modules, which our register does itself',
        'Remove the hook.mjs: register hooks imports.',
      ),
    )
  const before = preloads.slice(0, Math.max(first, 0)).filter(({ name }) => !HOOK.test(name))
  if (before.length > 0)
    found.push(
      warning(
        `loads ${before.map(({ name }) => name).join(', ')} before our register, so packages that it loads are not instrumented`,
        'Put our register first, unless these files only set the environment.',
      ),
    )
  if (found.length > 0) return found
  return [ok(ours.length === 1 ? 'loads our register' : WITHOUT)]
}

const ONCE = 'Keep one --import or --require of it.'
const WITHOUT =
  'loads no register; start the application with `spanhouse run`, with --import, or set tracing up in code'

function isOurs({ name }: Preload): boolean {
  return (
    name.replaceAll('\\', '/').includes('exporter-clickhouse/') &&
    /register(\.[cm]?js)?$/.test(name)
  )
}

/** The scripts of the application's manifest that start Node. */
function scriptsIn(cwd: string): ReadonlyMap<string, string> {
  try {
    const { scripts } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'))
    const lines = Object.entries(Object(scripts)).filter(
      (one): one is [string, string] => typeof one[1] === 'string' && /\bnode\s/.test(one[1]),
    )
    return new Map(lines.slice(0, 100))
  } catch {
    return new Map()
  }
}
