import type { ExplainedConfig } from './explained.js'
import { explain } from './explanation.js'
import { gather } from './gather.js'
import type { Options } from './options.js'

/**
 * Prints each option with its value and where it comes from, then all warnings and problems; returns the same. Secrets are masked.
 * `options` are those that the code gives to the constructor. Never throws.
 */
export function explainConfig(
  options: Options = {},
  env: NodeJS.ProcessEnv = process.env,
): ExplainedConfig {
  const explained = explain(gather(options, env))
  console.log(textOf(explained))
  return explained
}

function textOf({ settings, warnings, problems }: ExplainedConfig): string {
  const width = (column: 'option' | 'value') =>
    Math.min(48, Math.max(0, ...settings.map((one) => one[column].length)))
  const names = [...new Set(settings.map(({ destination }) => destination))]
  const lines = names.flatMap((name) => [
    name === undefined ? 'all destinations' : `destination ${name}`,
    ...settings
      .filter(({ destination }) => destination === name)
      .map(
        ({ option, value, source }) =>
          `  ${option.padEnd(width('option'))}  ${value.padEnd(width('value'))}  ${source}`,
      ),
    '',
  ])
  return [
    ...lines,
    ...warnings.map((text) => `warning: ${text}`),
    ...problems.map((text) => `problem: ${text}`),
  ].join('\n')
}
