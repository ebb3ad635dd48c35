import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { duplicateNames } from '../consistency.js'
import { fromText } from '../from-text.js'
import type { Source } from '../given.js'
import type { Type } from '../option.js'
import { OPTIONS } from '../option-table.js'
import type { Options } from '../options.js'
import { fromCode } from './code.js'
import { type Document, DocumentError, pathKey } from './document.js'
import { readJson } from './json.js'
import { substituted } from './substitution.js'
import { readYaml } from './yaml.js'

const MAX_BYTES = 1024 * 1024

export interface FromFile {
  readonly options: Options
  /** Sentences that begin with file, line and column. */
  readonly problems: readonly string[]
  sourceOf(path: readonly string[]): Source
}

/** Never throws. */
export function fromFile(path: string, env: NodeJS.ProcessEnv): FromFile {
  const problems: string[] = []
  let document: Document | undefined
  try {
    const text = textOf(path)
    document = /\.ya?ml$/i.test(path) ? readYaml(text, resolve(path)) : readJson(text)
  } catch (error) {
    const { line, column } =
      error instanceof DocumentError ? error.position : { line: 0, column: 0 }
    const at = line > 0 ? `${path}:${line}:${column}` : path
    problems.push(`${at} ${error instanceof Error ? error.message : String(error)}`)
  }
  const value = document?.value ?? {} // an empty YAML file is null
  const positionOf = document?.positionOf ?? (() => ({ line: 1, column: 1 }))
  const place = (at: readonly string[]) => {
    const { line, column } = positionOf(at)
    return `${path}:${line}:${column}`
  }
  const replaced = substituted(value, env)
  const { options, problems: wrong } = fromCode(numbersRead(replaced.value, OPTIONS))
  for (const { path: at, text } of [...replaced.problems, ...wrong, ...duplicateNames(options)]) {
    const isReplaced = replaced.changed.has(pathKey(at))
    const shown = isReplaced
      ? text.replace(/\(received .*\)$/, '(received a value not shown)')
      : text
    problems.push(`${place(at)}: ${shown}`)
  }
  return { options, problems, sourceOf: (at) => ({ layer: 'file', name: place(at) }) }
}

/** The text of the file. Throws an error whose message is the end of a sentence. */
function textOf(path: string): string {
  let bytes: Buffer
  try {
    const stats = statSync(path)
    if (!stats.isFile()) throw new Error('is not a file') // a pipe would block
    if (stats.size > MAX_BYTES) throw new Error('is larger than 1 MiB')
    bytes = readFileSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    throw new Error(code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Error('is not UTF-8: save it with that encoding')
  }
}

/** Turns texts into numbers and booleans where an option needs one: they may have a unit, or come from a variable. */
function numbersRead(value: unknown, type: Type | undefined): unknown {
  switch (type?.kind) {
    case 'group':
      return isObject(value)
        ? Object.fromEntries(
            Object.entries(value).map(([name, one]) => [
              name,
              numbersRead(
                one,
                Object.hasOwn(type.fields, name) ? type.fields[name]?.type : undefined,
              ),
            ]),
          )
        : value
    case 'map':
      return isObject(value)
        ? Object.fromEntries(
            Object.entries(value).map(([name, one]) => [name, numbersRead(one, type.value)]),
          )
        : value
    case 'list':
      return Array.isArray(value) ? value.map((one) => numbersRead(one, type.item)) : value
    case 'number':
    case 'boolean': {
      const read = typeof value === 'string' ? fromText(value, type) : { value }
      return 'problem' in read ? value : read.value
    }
    default:
      return value
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
