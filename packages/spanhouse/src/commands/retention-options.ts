import type { Retention } from '@spanhouse/transform'
import { CommandError } from '../terminal/command-error.js'
import type { Option, OptionValues } from './command.js'
import { secondsOption, textOption } from './option-values.js'

const USAGE = 2

export const RETENTION_OPTIONS: Readonly<Record<string, Option>> = {
  keep: {
    type: 'string',
    value: 'SERVICE=TIME',
    multiple: true,
    help: 'how long rows of this service are kept, such as audit=365d; may be given several times',
  },
  'keep-where': {
    type: 'string',
    value: 'SQL=TIME',
    multiple: true,
    help: 'how long rows are kept that fulfil this condition; of several conditions, the first decides',
  },
  'move-after': {
    type: 'string',
    value: 'TIME',
    help: 'age at which rows move to the volume or disk that is named',
  },
  'move-to-volume': { type: 'string', value: 'NAME', help: 'volume of the storage policy' },
  'move-to-disk': { type: 'string', value: 'NAME', help: 'disk, instead of a volume' },
  'storage-policy': {
    type: 'string',
    value: 'NAME',
    help: "storage policy of the tables; default: the server's",
  },
}

/** Throws a CommandError. */
export function retentionOf(values: OptionValues): Retention | undefined {
  const services = agesIn(values, 'keep')
  const where = agesIn(values, 'keep-where')
  const moveAfter = secondsOption(values, 'move-after')
  const moveToVolume = nameIn(values, 'move-to-volume')
  const moveToDisk = nameIn(values, 'move-to-disk')
  const storagePolicy = nameIn(values, 'storage-policy')
  const places = [moveToVolume, moveToDisk].filter((one) => one !== undefined)
  if (places.length !== (moveAfter === undefined ? 0 : 1))
    throw new CommandError(
      '--move-after goes with one of --move-to-volume and --move-to-disk.',
      USAGE,
    )
  const given = { services, where, moveAfter, moveToVolume, moveToDisk, storagePolicy }
  return Object.values(given).some((one) => one !== undefined) ? given : undefined
}

/** A condition may contain `=`, so the last one separates it from the time. */
function agesIn(values: OptionValues, name: string): Record<string, number> | undefined {
  const texts = values[name]
  if (!Array.isArray(texts)) return undefined
  const entries = texts.map((text): [string, number] => {
    const at = text.lastIndexOf('=')
    const what = text.slice(0, Math.max(at, 0)).trim()
    if (what === '')
      throw new CommandError(
        `--${name} must be written as ${RETENTION_OPTIONS[name]?.value}, such as …=30d.`,
        USAGE,
      )
    const time = text.slice(at + 1).trim()
    const operator = name === 'keep-where' ? /[<>=!]+$/.exec(what)?.[0] : undefined
    if (operator !== undefined)
      throw new CommandError(
        `--${name} ${text} compares with nothing: the last = separates the condition from the time, so write ${what.slice(0, -operator.length).trim()} ${operator.replace(/^[<>!]$/, '$&=').replace(/^=$/, '==')} VALUE=${time}.`,
        USAGE,
      )
    return [what, secondsOption({ [name]: time }, name) ?? 0]
  })
  const twice = entries.find(([what], index) => entries.findIndex(([one]) => one === what) < index)
  if (twice) throw new CommandError(`--${name} names ${twice[0]} twice.`, USAGE)
  return Object.fromEntries(entries)
}

function nameIn(values: OptionValues, name: string): string | undefined {
  const text = textOption(values, name)
  if (text === '') throw new CommandError(`--${name} must not be empty.`, USAGE)
  return text
}
