import type { Output } from '../terminal/output.js'
import { paint } from '../terminal/paint.js'
import { wrap } from '../terminal/wrap.js'
import type { Command, Option } from './command.js'

const WIDEST = 100
const GAP = 2
/** A description needs this much room, or it stands below what it describes. */
const LEAST_ROOM = 30

/** The list of all commands. */
export function overview(out: Output, commands: readonly Command[]): string {
  return [
    ...paragraph(
      out,
      'See the traces of your Node.js application in a minute, on a real ClickHouse.',
    ),
    '',
    `${title(out, 'Usage:')} spanhouse <command> [options]`,
    '',
    title(out, 'Commands:'),
    ...definitions(
      out,
      commands.map(({ name, summary }) => [name, summary]),
    ),
    '',
    title(out, 'Examples:'),
    ...examples(
      out,
      commands.flatMap(({ examples: [first] }) => (first ? [first] : [])),
    ),
    '',
    ...paragraph(out, 'spanhouse <command> --help shows the options of one command.'),
    '',
  ].join('\n')
}

/** The help of one command. */
export function helpOf(out: Output, command: Command): string {
  const { name, summary, usage, options } = command
  const all: [string, string][] = [
    ...Object.entries(options).map(([long, option]): [string, string] => [
      signature(long, option),
      option.help,
    ]),
    ['-h, --help', 'this text'],
  ]
  return [
    ...paragraph(out, `${summary.replace(/\.?$/, '.')}`),
    '',
    ...hanging(out, `spanhouse ${name} ${usage}`.trim()),
    '',
    title(out, 'Options:'),
    ...definitions(out, all),
    '',
    title(out, 'Examples:'),
    ...examples(out, command.examples),
    '',
  ].join('\n')
}

function signature(long: string, { short, value, type }: Option): string {
  const text = type === 'string' ? ` ${value ?? 'TEXT'}` : ''
  return `${short ? `-${short}, ` : ''}--${long}${text}`
}

function hanging(out: Output, form: string): string[] {
  return wrap(form, widthOf(out), { start: 'Usage: ' }).map((line) =>
    line.replace(/^Usage:/, title(out, 'Usage:')),
  )
}

/** Two columns, or one above the other where there is no room. */
function definitions(out: Output, entries: readonly (readonly [string, string])[]): string[] {
  const left = Math.max(...entries.map(([term]) => term.length)) + 2 + GAP
  const hasRoom = widthOf(out) - left >= LEAST_ROOM
  return entries.flatMap(([term, text]) =>
    hasRoom
      ? wrap(text, widthOf(out), { start: `  ${term}`.padEnd(left) })
      : [`  ${term}`, ...wrap(text, widthOf(out), { start: '      ' })],
  )
}

function examples(out: Output, all: readonly (readonly [string, string])[]): string[] {
  return all.flatMap(([command, meaning]) => [
    `  ${paint(out, 'bold', command)}`,
    ...wrap(meaning, widthOf(out), { start: '      ' }),
  ])
}

function paragraph(out: Output, text: string): string[] {
  return wrap(text, widthOf(out))
}

function title(out: Output, text: string): string {
  return paint(out, 'bold', text)
}

function widthOf(out: Output): number {
  return Math.min(out.width, WIDEST)
}
