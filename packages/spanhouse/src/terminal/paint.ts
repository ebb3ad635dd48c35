import type { Output } from './output.js'

// `util.styleText` decides by process.stdout; here the Output decides.
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
  cyan: [36, 39],
  brightGreen: [92, 39],
  brightYellow: [93, 39],
  brightBlue: [94, 39],
  brightMagenta: [95, 39],
  brightCyan: [96, 39],
} as const

export type Colour = keyof typeof CODES

/** The text in a colour, if `out` has colours. The text must be harmless already. */
export function paint(out: Pick<Output, 'hasColours'>, colour: Colour, text: string): string {
  if (!out.hasColours || text === '') return text
  const [on, off] = CODES[colour]
  return `\x1b[${on}m${text}\x1b[${off}m`
}

/** Red is for errors only. */
const SERVICES: readonly Colour[] = [
  'cyan',
  'magenta',
  'yellow',
  'green',
  'blue',
  'brightCyan',
  'brightMagenta',
  'brightYellow',
  'brightGreen',
  'brightBlue',
]

/** The colour of a service by its number in a trace, or in the order of its appearance. */
export function serviceColour(number: number): Colour {
  return SERVICES[number % SERVICES.length] as Colour
}
