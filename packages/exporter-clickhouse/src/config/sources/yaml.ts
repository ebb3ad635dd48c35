import { applicationModule, load, moduleFrom } from '../../common/application-modules.js'
import { type Document, DocumentError, type Position } from './document.js'

/** The part of the package `yaml`, version 2, that is used. */
interface Yaml {
  parseDocument(
    text: string,
    options: { lineCounter: LineCounter; prettyErrors: boolean },
  ): {
    readonly errors: readonly { readonly code: string; readonly pos: readonly [number, number] }[]
    toJS(options: { maxAliasCount: number }): unknown
    getIn(path: readonly (string | number)[], keepScalar: true): unknown
  }
  readonly LineCounter: new () => LineCounter
}

interface LineCounter {
  linePos(offset: number): { line: number; col: number }
}

const MAX_ALIASES = 100
const START: Position = { line: 1, column: 1 }

/** Reads YAML with the package `yaml`, which the application has installed. Throws a DocumentError. */
export function readYaml(text: string, file: string): Document {
  const found = moduleFrom(file, 'yaml') ?? applicationModule('yaml')
  const yaml = found === undefined ? undefined : (load(found) as Partial<Yaml>)
  if (!yaml?.parseDocument || !yaml.LineCounter)
    throw new DocumentError(
      'needs the package `yaml`, which is not installed: run `npm install yaml`, or write the file as JSON',
      START,
    )
  const lineCounter = new yaml.LineCounter()
  // Pretty errors quote the text.
  const document = yaml.parseDocument(text, { lineCounter, prettyErrors: false })
  const positionAt = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const [error] = document.errors
  if (error) {
    const why =
      error.code === 'DUPLICATE_KEY'
        ? 'has the same key twice'
        : `is not valid YAML (${error.code.toLowerCase().replaceAll('_', ' ')})`
    throw new DocumentError(why, positionAt(error.pos[0]))
  }
  return {
    value: contentOf(document),
    positionOf(path) {
      for (let length = path.length; length > 0; length--) {
        const node = document.getIn(path.slice(0, length), true) as { range?: number[] } | undefined
        if (node?.range?.[0] !== undefined) return positionAt(node.range[0])
      }
      return START
    },
  }
}

function contentOf(document: ReturnType<Yaml['parseDocument']>): unknown {
  try {
    const value = document.toJS({ maxAliasCount: MAX_ALIASES })
    JSON.stringify(value) // throws if it contains itself
    return value
  } catch {
    throw new DocumentError('has aliases that contain themselves, or too many of them', START)
  }
}
