import { warningAbout } from '../application/environment.js'
import { endpointIn } from '../config/source.js'
import { CommandError } from '../terminal/command-error.js'
import { USAGE_EXIT_CODE } from './arguments.js'
import type { Command } from './command.js'
import { runRegistered } from './registered.js'

export const run: Command = {
  name: 'run',
  summary:
    'Starts your application so that it sends its traces, logs and metrics; nothing else is started',
  usage: '[options] -- node app.js',
  options: {
    endpoint: {
      type: 'string',
      value: 'URL',
      help: 'ClickHouse to send to, such as https://user@host:8443; otherwise what OTEL_EXPORTER_CLICKHOUSE_* says',
    },
    user: {
      type: 'string',
      value: 'NAME',
      help: 'user for ClickHouse; the password comes from OTEL_EXPORTER_CLICKHOUSE_PASSWORD',
    },
  },
  takesCommand: true,
  examples: [
    ['spanhouse run -- node app.js', 'starts app.js, which needs no code for tracing'],
    ['spanhouse run -- npm run dev', 'the same for a script of package.json'],
    ['spanhouse run --endpoint http://localhost:8123 -- tsx app.ts', 'TypeScript, to this server'],
  ],
  async run(context) {
    if (context.rest.length === 0)
      throw new CommandError(
        'Name the command of your application: spanhouse run -- node app.js.',
        USAGE_EXIT_CODE,
      )
    const warning = warningAbout(context.env)
    if (warning) context.err.write(`spanhouse: ${warning}\n`)
    return runRegistered(context, endpointIn(context.values))
  },
}
