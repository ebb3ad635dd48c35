import { parseArgs } from 'node:util'
import { width, wrap } from './terminal.mjs'

const options = [
  ['--seconds N', 'how long customers come (default 10), longer if central is slow to start again'],
  ['--keep', 'leave the servers up after the report, until Ctrl-C'],
  ['--endpoint URL', 'send to this ClickHouse instead of starting two; nothing is killed there'],
  ['--user NAME', 'its user, if not in OTEL_EXPORTER_CLICKHOUSE_USERNAME'],
  ['--password WORD', 'its password; better hidden in OTEL_EXPORTER_CLICKHOUSE_PASSWORD'],
  ['--help', 'this text'],
]

export const usage = [
  'Usage: npm run demo -- [options]\n',
  ...options.flatMap(([option, text]) => wrap(text, width, `  ${option.padEnd(17)}`)),
  '',
].join('\n')

export class UsageError extends Error {}

/** What the command line asks for, with the user's own server (if any) as `target`. */
export function parseOptions(args, env) {
  const { seconds, keep, help, endpoint, user, password } = parse(args)
  if (!/^\d+(\.\d+)?$/.test(seconds) || seconds < 1 || seconds > 3600) {
    throw new UsageError('--seconds must be a number from 1 to 3600')
  }
  if (!endpoint && (user ?? password) !== undefined) {
    throw new UsageError('--user and --password need --endpoint')
  }
  if (endpoint && keep)
    throw new UsageError('--keep is for the servers of the demo; your own server stays up anyway')
  return {
    seconds: Number(seconds),
    keep,
    help,
    target: endpoint && targetOf(endpoint, user, password, env),
  }
}

function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        seconds: { type: 'string', default: '10' },
        keep: { type: 'boolean', default: false },
        endpoint: { type: 'string' },
        user: { type: 'string' },
        password: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError(error.message)
  }
}

function targetOf(endpoint, user, password, env) {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  // The text itself is not repeated: there may be a password in it.
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError('--endpoint must be a URL such as http://localhost:8123')
  }
  const username =
    user ?? (decodeURIComponent(url.username) || env.OTEL_EXPORTER_CLICKHOUSE_USERNAME || 'default')
  const secret =
    password ?? (decodeURIComponent(url.password) || env.OTEL_EXPORTER_CLICKHOUSE_PASSWORD || '')
  url.username = ''
  url.password = ''
  return { name: 'clickhouse', endpoint: url.href.replace(/\/$/, ''), username, password: secret }
}
