import type { Output } from '../../terminal/output.js'
import { type Colour, paint } from '../../terminal/paint.js'
import { wrap } from '../../terminal/wrap.js'
import type { Finding, Level } from '../check.js'
import type { Section } from '../examine.js'
import type { Mended } from '../mend.js'
import { plain } from '../plain.js'
import { type Remedy, remedyText } from '../remedy.js'
import { NOT_CHECKED } from '../run-checks.js'
import { countsOf } from './verdict.js'

const COLOURS: Readonly<Record<Level, Colour>> = {
  ok: 'green',
  warning: 'yellow',
  problem: 'red',
  skipped: 'dim',
}
const LEVEL_WIDTH = 7
const TITLE_WIDTH = 14
const INDENT = LEVEL_WIDTH + TITLE_WIDTH + 6

/** One section, its findings below its heading. */
export function sectionAsText(out: Output, { heading, findings }: Section): string {
  const unchecked = findings.filter(({ text }) => text.startsWith(NOT_CHECKED))
  const others = findings.filter((one) => !unchecked.includes(one))
  const lines = [
    ...wrap(heading, out.width).map((line) => paint(out, 'bold', line)),
    ...others.flatMap((one, at) => findingLines(out, one, others[at - 1]?.check === one.check)),
    ...(unchecked.length > 0 ? uncheckedLines(out, unchecked) : []),
  ]
  return `${lines.join('\n')}\n`
}

/** A finding that follows from an earlier problem says nothing new: all of them share a line. */
function uncheckedLines(out: Output, unchecked: readonly Finding[]): string[] {
  const titles = [...new Set(unchecked.map(({ title }) => title))].join(', ')
  return findingLines(
    out,
    { check: '', title: 'not checked', level: 'skipped', text: titles },
    false,
  )
}

function findingLines(
  out: Output,
  { title, level, text, fix }: Finding,
  isSame: boolean,
): string[] {
  const start = `  ${level.padEnd(LEVEL_WIDTH)}  ${(isSame ? '' : title).padEnd(TITLE_WIDTH)}  `
  const [first = '', ...rest] = wrap(text, out.width, { start })
  return [
    first.replace(level, paint(out, COLOURS[level], level)),
    ...rest,
    ...(fix === undefined || level === 'ok' ? [] : fixLines(out, fix)),
  ]
}

function fixLines(out: Output, fix: string): string[] {
  const start = ' '.repeat(INDENT - 2)
  return wrap(fix, out.width, { start: `${start}→ ` }).map((line) => paint(out, 'dim', line))
}

/** The last line. */
export function summaryAsText(out: Output, sections: readonly Section[]): string {
  const { ok, warning, problem, skipped } = countsOf(sections)
  const parts = [
    problem > 0 ? paint(out, 'red', plural(problem, 'problem')) : 'no problem',
    warning > 0 ? paint(out, 'yellow', plural(warning, 'warning')) : 'no warning',
    `${ok} ok`,
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ]
  return `${parts.join(', ')}\n`
}

function plural(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/** What `--fix` prints: statements and commands to copy, and what became of them. */
export function remediesAsText(
  out: Output,
  remedies: readonly Remedy[],
  mended: readonly Mended[] | undefined,
): string {
  if (remedies.length === 0) return 'Nothing that a command could mend.\n'
  if (mended)
    return mended
      .flatMap((one) => mendedLines(out, one))
      .join('\n')
      .concat('\n')
  const safe = remedies.filter(({ isSafe }) => isSafe)
  const others = remedies.filter(({ isSafe }) => !isSafe)
  const block = (heading: string, all: readonly Remedy[]) =>
    all.length === 0 ? [] : [paint(out, 'bold', heading), ...all.flatMap(copyLines), '']
  return [
    ...block('spanhouse doctor --fix --yes would run:', safe),
    ...block('For you or an administrator to run:', others),
  ].join('\n')
}

/** Lines to copy are neither wrapped nor indented. */
function copyLines(remedy: Remedy): string[] {
  return remedyText(remedy).split('\n').map(plain)
}

const WORDS = {
  done: ['green', 'done'],
  failed: ['red', 'failed'],
  left: ['yellow', 'left to you'],
} as const

function mendedLines(out: Output, { remedy, result, error }: Mended): string[] {
  const [colour, word] = WORDS[result]
  const why = error === undefined ? '' : `: ${plain(error)}`
  return [
    ...wrap(`${word}${why}`, out.width).map((line) => paint(out, colour, line)),
    ...copyLines(remedy),
  ]
}
