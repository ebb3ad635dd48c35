import { applicationModule, load, moduleFrom } from '../../common/application-modules.js'
import { type Document, DocumentError, type Position } from './document.js'

/** The part of the package `yaml`, version 2, that is used. */
interface Yaml {
  parseDocument(
    text: string,
    options: { lineCounter: LineCounter; prettyErrors: boolean; logLevel: 'error'; merge: boolean },
  ): {
    readonly errors: readonly Fault[]
    readonly warnings: readonly Fault[]
    toJS(options: { maxAliasCount: number }): unknown
    getIn(path: readonly (string | number)[], keepScalar: true): unknown
  }
  readonly LineCounter: new () => LineCounter
}

interface Fault {
  readonly code: string
  readonly pos: readonly [number, number]
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
  // Pretty errors quote the text, and so do warnings, which the package would print.
  const quiet = { prettyErrors: false, logLevel: 'error' } as const
  const document = yaml.parseDocument(text, { lineCounter, ...quiet, merge: true })
  const positionAt = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  // A warning means an unknown tag: without the error, the text after `!secret` would be taken as the value.
  const [error] = [...document.errors, ...document.warnings]
  if (error) throw new DocumentError(whyOf(error), positionAt(error.pos[0]))
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

function whyOf({ code }: Fault): string {
  if (code === 'DUPLICATE_KEY') return 'has the same key twice'
  if (code === 'TAG_RESOLVE_FAILED')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is what to write
    return 'has an unknown tag (!…): to insert a value from elsewhere, write ${NAME}'
  return `is not valid YAML (${code.toLowerCase().replaceAll('_', ' ')})`
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
