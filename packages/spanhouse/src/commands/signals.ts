import type { Signal } from '#exporter'
import { CommandError } from '../terminal/command-error.js'
import type { OptionValues } from './command.js'
import { textOption } from './option-values.js'

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics']
const USAGE = 2

/** The signals that `--signal` names, always in one order. Throws a CommandError. */
export function signalsOf(values: OptionValues, otherwise: Signal | 'all'): readonly Signal[] {
  const given = (textOption(values, 'signal') ?? otherwise).toLowerCase().split(',')
  const names = given.map((name) => name.trim())
  if (names.some((name) => name !== 'all' && !SIGNALS.includes(name as Signal)))
    throw new CommandError(`--signal must be one of ${SIGNALS.join(', ')}, all, or a list.`, USAGE)
  return SIGNALS.filter((signal) => names.includes('all') || names.includes(signal))
}
