import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { harmless } from '@spanhouse/queries'
import {
  environmentLayer,
  type Field,
  fileLayer,
  type Layer,
  type Settings,
  settingsOf,
} from '../k6/settings.js'
import { CommandError } from '../terminal/command-error.js'
import { showsPaths } from '../terminal/shown-path.js'
import { USAGE_EXIT_CODE } from './arguments.js'
import type { Context, OptionValues } from './command.js'
import { textOption } from './option-values.js'

/** The settings of all sources: the file is weaker than the environment, and that is weaker than the options. Throws a CommandError. */
export async function k6Settings({ values, env, cwd }: Context): Promise<Settings> {
  const path = textOption(values, 'config') ?? (env['K6_CLICKHOUSE_CONFIG'] || undefined)
  try {
    const file = path === undefined ? [] : [await settingsFile(path, cwd)]
    return settingsOf([...file, environmentLayer(env), optionLayer(values)])
  } catch (error) {
    throw new CommandError(`${harmless((error as Error).message, 500)}.`, USAGE_EXIT_CODE)
  }
}

async function settingsFile(path: string, cwd: string): Promise<Layer> {
  const shown = showsPaths(cwd, path)(path)
  try {
    return fileLayer(await readFile(resolve(cwd, path), 'utf8'), shown)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(code === undefined ? message : `${shown} cannot be read (${code})`)
  }
}

const OPTIONS: Readonly<Partial<Record<Field, string>>> = {
  url: 'endpoint',
  username: 'user',
  pushInterval: 'push-interval',
  database: 'database',
  table: 'table',
  manageSchema: 'manage-schema',
  runId: 'run-id',
}

function optionLayer(values: OptionValues): Layer {
  return {
    nameOf: (field) => `--${OPTIONS[field] ?? field}`,
    values: Object.fromEntries(
      Object.entries(OPTIONS).map(([field, option]) => [field, values[option]]),
    ),
  }
}
