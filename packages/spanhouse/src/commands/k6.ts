import { isK6 } from '../k6/arguments.js'
import { deliveryConfig } from '../k6/delivery-config.js'
import { logTo } from '../k6/log.js'
import { CommandError } from '../terminal/command-error.js'
import { USAGE_EXIT_CODE } from './arguments.js'
import type { Command } from './command.js'
import { k6Settings } from './k6-settings.js'
import { readInput, readResults, runK6 } from './k6-ways.js'

export const k6: Command = {
  name: 'k6',
  summary: 'Starts k6, or reads its JSON output, and writes samples and thresholds to ClickHouse',
  usage: '[options] [FILE] [-- k6 run script.js]',
  options: {
    endpoint: {
      type: 'string',
      value: 'URL',
      help: 'ClickHouse to write to, such as https://user@host:8443; otherwise what K6_CLICKHOUSE_URL says, then what the exporter sends to',
    },
    user: {
      type: 'string',
      value: 'NAME',
      help: 'user for ClickHouse; the password comes from K6_CLICKHOUSE_PASSWORD or OTEL_EXPORTER_CLICKHOUSE_PASSWORD',
    },
    'push-interval': {
      type: 'string',
      value: 'TIME',
      help: 'how often samples are sent, such as 500ms; default: 1s',
    },
    database: { type: 'string', value: 'NAME', help: 'database of the tables; default: telemetry' },
    table: {
      type: 'string',
      value: 'PREFIX|DATABASE.PREFIX',
      help: 'the tables are PREFIX_samples and PREFIX_thresholds; default: k6',
    },
    'manage-schema': {
      type: 'string',
      value: 'create|validate|off',
      help: 'whether missing tables are created; default: create',
    },
    'run-id': {
      type: 'string',
      value: 'TEXT',
      help: 'names this run in the column run_id; default: the time and four hex digits',
    },
    summary: {
      type: 'string',
      value: 'FILE',
      help: 'the summary that k6 writes (--summary-export, or the data of handleSummary), for its verdicts on thresholds; otherwise they are computed',
    },
    config: {
      type: 'string',
      value: 'FILE',
      help: 'JSON file with these settings, or a configuration of k6 that has them under collectors.clickhouse',
    },
  },
  positionals: { min: 0, max: 1 },
  takesCommand: true,
  beginsCommand: isK6,
  examples: [
    ['spanhouse k6 -- k6 run script.js', 'starts k6, and keeps its output and its exit code'],
    [
      'k6 run --quiet --out json=- script.js | spanhouse k6',
      'reads what k6 writes to its output; with set -o pipefail the exit code of k6 counts',
    ],
    ['spanhouse k6 results.json.gz', 'a file that k6 run --out json=results.json.gz has written'],
  ],
  async run(context) {
    const { positionals, rest, env, err } = context
    const settings = await k6Settings(context)
    const plan = { config: deliveryConfig(settings, env), runId: settings.runId }
    const [file = '-'] = positionals
    if (positionals.length > 0 && rest.length > 0)
      throw new CommandError('Give a file, or a command after --: not both.', USAGE_EXIT_CODE)
    const endLog = logTo(err)
    try {
      if (rest.length > 0) return await runK6(context, plan)
      return await (file === '-' ? readInput(context, plan) : readResults(context, plan, file))
    } finally {
      endLog()
    }
  },
}
