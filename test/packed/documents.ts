import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './packed.js'

export interface Blocks {
  readonly text: string
  /** The one block of the language that holds `what`. */
  take(language: string, what: string): string
  /** The first lines of those that nobody took. */
  left(): string[]
}

export function blocksOf(file: string): Blocks {
  const text = readFileSync(join(root, file), 'utf8')
  const blocks = [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
    ([, language = '', code = '']) => ({ language, code, isTaken: false }),
  )
  return {
    text,
    take(language, what) {
      const found = blocks.filter((one) => one.language === language && one.code.includes(what))
      const [block] = found
      if (block === undefined || found.length > 1)
        throw new Error(`${file} has ${found.length} blocks of '${language}' with ${what}`)
      block.isTaken = true
      return block.code
    },
    left: () =>
      blocks.filter((one) => !one.isTaken).map(({ code }) => `${file}: ${code.split('\n')[0]}`),
  }
}

/** What stands after `npm i`, within a sentence or a block. */
export function installLines(text: string): string[] {
  return [...text.matchAll(/npm i (@[^`#;)]+)/g)].map(([, line = '']) =>
    line.trim().replaceAll(/\s+/g, ' '),
  )
}

/** Every document of the repository, by its path. */
export function documents(): [string, string][] {
  const files = execFileSync('git', ['ls-files', '*.md'], { cwd: root, encoding: 'utf8' })
  return files
    .trim()
    .split('\n')
    .map((file) => [file, readFileSync(join(root, file), 'utf8')])
}
