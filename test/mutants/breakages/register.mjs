import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

// What a process does with it is tested on the build (test/register), which these cannot break.
const choice = [exporter('choice')]

export const REGISTER = [
  ...inFile('exporter/register/instrumentations', choice, [
    [
      'loads instrumentations of modules that the application does not have',
      "target.startsWith('node:') || has(target)",
      'true',
    ],
    [
      'loads the instrumentation of Lambda everywhere',
      'return env[target.slice(4)] !== undefined',
      'return true',
    ],
    [
      'ignores OTEL_NODE_DISABLED_INSTRUMENTATIONS',
      'if (disabled.includes(short)) return false',
      '',
    ],
    [
      'ignores OTEL_NODE_ENABLED_INSTRUMENTATIONS',
      'if (enabled) return enabled.includes(short)',
      '',
    ],
    ['loads what is off by default', '!OFF_BY_DEFAULT.has(short) && ', ''],
    [
      'does not load an instrumentation that it does not know',
      'if (!Object.hasOwn(TARGETS, short)) return true',
      'if (!Object.hasOwn(TARGETS, short)) return false',
    ],
  ]),
  ...inFile('exporter/register/targets', choice, [
    ['forgets an instrumentation', "  koa: ['koa', '@koa/router'],\n", ''],
    ['forgets a module', "pg: ['pg', 'pg-pool']", "pg: ['pg']"],
  ]),
  ...inFile('exporter/register/signals', choice, [
    [
      'sends what nobody asked for to a collector that may not be there',
      "'follows' : 'unset'",
      "'follows' : 'follows'",
    ],
    [
      'takes metrics from those whose traces go to OTLP',
      ".names.includes('otlp')",
      '.names[0] === "otlp"',
    ],
    [
      'ignores the variable of a signal',
      "names.length > 0 ? 'asked'",
      "names.length > 9 ? 'asked'",
    ],
  ]),
  ...inFile('exporter/register/sdk-version', choice, [
    ['recommends SDK 3 on Node 20', 'takesNewest ? AUTO : ', 'true ? AUTO : '],
    ['starts SDK 1', 'major === 1 || ', ''],
  ]),
]
