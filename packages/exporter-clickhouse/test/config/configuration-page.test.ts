import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Option } from '../../src/config/option.js'
import { numberRule } from '../../src/config/option-problems.js'
import { OPTION_VARIABLES, PREFIX } from '../../src/config/variable-names.js'
import { docs, options } from './option-docs.js'

const PAGE = fileURLToPath(new URL('../../../../docs/configuration.md', import.meta.url))

const variableOf = new Map([...OPTION_VARIABLES].map(([name, { path }]) => [path.join('.'), name]))

/** Sections of the page: a title, and the options in it. */
const SECTIONS: [title: string, paths: readonly string[]][] = [
  [
    'Where rows go',
    [
      'endpoint',
      'endpoints',
      'endpointOrder',
      'database',
      'table',
      'username',
      'password',
      'schema',
      'promote',
      'keepPromoted',
      'manageSchema',
      'ttl',
      'retention',
      'cluster',
      'engine',
      'distributed',
      'signals',
      'destinations',
      'name',
    ],
  ],
  [
    'Batches and requests',
    ['batch', 'compression', 'timeoutMs', 'asyncInsert', 'settings', 'headers', 'tls', 'agent'],
  ],
  ['Which records it gets', ['filter', 'sample', 'redact', 'origin', 'skipIfOrigin', 'dispatch']],
  ['When a server fails', ['retry', 'queue', 'spool', 'deadLetter', 'onDrop']],
  [
    'The exporter as a whole',
    [
      'acknowledge',
      'flushTimeoutMs',
      'shutdownTimeoutMs',
      'flushOnSignal',
      'limits',
      'meterProvider',
    ],
  ],
]

function allowed({ type }: Option): string {
  switch (type.kind) {
    case 'number':
      return numberRule(type).replace('must be ', '')
    case 'boolean':
      return 'true or false'
    case 'choice':
      return [...type.values.map((one) => `\`${one}\``), ...(type.or ? ['a table'] : [])].join(', ')
    case 'map':
      return type.value.kind === 'number' ? 'names and times' : 'names and values'
    case 'list':
      if (type.item.kind === 'text') return `a list of at most ${type.max}`
      return type.item.kind === 'group'
        ? `at most ${type.max}`
        : `a list of ${allowed({ type: type.item })}`
    case 'data':
      return type.hasNames ? 'a list of names; in code also rules' : 'rules; in a variable, as JSON'
    case 'custom':
      return 'in code only'
    default:
      return 'text'
  }
}

function row(path: string, option: Option): string {
  const variable = variableOf.get(path)
  const sentence = (docs.get(path) ?? '').replace(/ In (milliseconds|seconds|bytes)\./, '')
  const where = variable === undefined ? '' : `\`${variable}\``
  return `| \`${path}\` | ${where} | ${allowed(option)} | ${sentence.replaceAll('|', '\\|')} |`
}

function section([title, names]: (typeof SECTIONS)[number]): string {
  const rows = [...options]
    .filter(([path]) => names.includes(path.split('.')[0] ?? ''))
    .sort(([a], [b]) => names.indexOf(a.split('.')[0] ?? '') - names.indexOf(b.split('.')[0] ?? ''))
    .map(([path, option]) =>
      option.type.kind === 'group'
        ? `| **\`${path}\`** | | | ${docs.get(path)} |`
        : row(path, option),
    )
  return `## ${title}

${TABLE}
${rows.join('\n')}
`
}

/** The groups of the signals have the same options, so those of logs stand for all; those that only metrics have follow. */
function sectionOfSignals(): string {
  const rows = [...options].flatMap(([path, option]) => {
    const [group = '', name = '', below] = path.split('.')
    const isShown = group === 'logs' || (group === 'metrics' && !options.has(`logs.${name}`))
    if (!isShown || name === '' || (group === 'logs' && below !== undefined)) return []
    if (option.type.kind !== 'group') return [row(path, option)]
    const variables = group === 'logs' ? `\`LOGS_${name.toUpperCase()}_…\`` : ''
    return [`| **\`${path}\`** | ${variables} | | ${docs.get(path)} |`]
  })
  return `## One signal alone

Spans, log records and metrics share the options above. The groups \`traces\`, \`logs\` and \`metrics\` hold options for one signal alone; each is
stronger than the option of the same name beside the group, if both come from the same place (the same source, and the same destination
in it). Of two places, the stronger one decides, as always: \`batch\` in code is stronger than \`logs.batch\` in a variable. What an exporter
is given in code beside the groups is for its own signal.

The table shows the options of \`logs\`; \`traces\` has the same, and \`metrics\` all but \`sample\`. With the exception of
\`metrics.temporality\`, all of them may stand in a destination (\`CENTRAL_LOGS_TABLE\`) and in a URL (\`?logs.table=app_logs&logs.batch.max_rows=500\`). In a URL, variable or file,
\`table\` beside the groups is the table of the spans alone.

${TABLE}
${rows.join('\n')}

Two signals of one destination cannot have the same table. A process reads each metric once, for all destinations, so
\`metrics.temporality\` is outside of \`destinations\`. If a variable may be read in two ways, such as \`A_LOGS_TABLE\` with destinations
\`a\` and \`a-logs\`, it belongs to the destination with the longer name, and a warning says so.
`
}

const TABLE = `| option | variable, after \`${PREFIX}\` | value | |
|---|---|---|---|`

const page = `<!-- Made by test/config/configuration-page.test.ts of the exporter: change the docstrings in src/config/*options.ts, then run \`npx vitest run -u configuration-page\`. -->
# Configuration

Every option of the exporter, the processor and \`register\`. An option may come from four places, each stronger than the one before it:

> defaults < file < environment < code

Groups such as \`batch\`, and \`headers\` and \`settings\`, are merged entry by entry; any other value replaces the weaker one. An option that
is not given leaves the weaker value as it is; zero, \`false\` and an empty text are values. \`explainConfig()\` prints every option, its
value (secrets masked) and where it comes from:

\`\`\`sh
node -e "require('@spanhouse/exporter-clickhouse').explainConfig()"
\`\`\`

At the start, one line at level \`info\` says where rows go and what decided that (\`OTEL_LOG_LEVEL=info\` with \`register\`, or a logger given
to \`diag.setLogger()\`). A mistake in code or file throws a \`ConfigError\` that lists every problem at once. A mistake in a variable never
stops the application: the variable is ignored, and a warning names it and what is used instead. A variable that says what must not be
sent (\`filter\`, \`redact\`, \`origin\`, \`skipIfOrigin\`, \`signals\`) stops the destinations that it is for; see [routing](routing.md#a-variable-with-a-mistake).

## Environment

A variable is called \`${PREFIX}\` and the words of the option's path, without the unit \`Ms\`: \`batch.maxDelayMs\` is
\`${PREFIX}BATCH_MAX_DELAY\`. The words \`tls\` and \`codec\` are left out: \`${PREFIX}CA\`, \`${PREFIX}COMPRESSION\`. An empty variable counts as
not set. The tables below show the part after the prefix.

- Times and sizes may have a unit: \`500ms\`, \`5s\`, \`2m\`, \`12h\`, \`30d\`; \`512KiB\`, \`64MiB\`, \`1GB\`. Plain numbers are milliseconds and bytes.
  \`TTL\`, \`METRICS_TTLS_…\` and the times of \`RETENTION_…\` need a unit.
- Lists are separated by commas: \`SIGNALS=traces,logs\`.
- Rules are written as JSON: \`FILTER={"drop":[{"name":"GET /health*"}]}\`; see [routing](routing.md).
- Maps are written as OpenTelemetry writes them, percent-encoded: \`HEADERS=x-team=shop,x-key=a%3Db\`.
- Any variable in the tables may be given as \`…_FILE\`, the path of a file that holds the value: for secrets of Docker and Kubernetes
  (\`PASSWORD_FILE=/run/secrets/clickhouse\`), and for certificates (\`CA_FILE\`, \`CERT_FILE\`, \`KEY_FILE\`).
- Line ends after a value are removed, and so are spaces around it, except around a secret. In files that no shell reads, such as those of
  \`docker run --env-file\`, write values without quotation marks.
- \`DESTINATIONS=central,backup\` names further destinations; \`CENTRAL_ENDPOINT\`, \`CENTRAL_PASSWORD\`, \`BACKUP_ENDPOINT\` and so on are their
  options. \`ENDPOINT\`, if it is set, is one more destination, named \`primary\`. Variables such as \`CENTRAL_PASSWORD\` also apply to
  destinations that code or file name.
- \`CONFIG_FILE\` is the path of a file with options. \`WARNINGS=false\` silences the warnings on stderr.

\`OTEL_TRACES_EXPORTER\` chooses where \`register\` and \`spanProcessorsFromEnv()\` send spans; see [the README of the exporter](../packages/exporter-clickhouse/README.md).

## File

\`${PREFIX}CONFIG_FILE\` names a JSON or YAML file (\`.yaml\`, \`.yml\`; needs \`npm install yaml\`), with the same names and shape as in code.
Numbers may be texts with a unit. A path is relative to the working directory. Texts may contain \`\${NAME}\` and \`\${NAME:-default}\`; \`$\${\` is a plain \`\${\`.

\`\`\`yaml
endpoint: https://clickhouse.example:8443
password: \${CLICKHOUSE_PASSWORD}
batch: { maxDelayMs: 2s, maxBytes: 4MiB }
destinations:
  - name: backup
    endpoint: \${BACKUP_URL:-http://localhost:8123}
\`\`\`

\`loadOptions('spanhouse.yaml')\` reads such a file in code, for options that only code can give:
\`new ClickHouseSpanProcessor({ ...loadOptions('spanhouse.yaml'), onDrop })\`.

## URL

An endpoint may carry other options: \`https://user:password@host:8443/?database=telemetry&table=spans&schema=otel&async_insert=1\`.
Credentials are removed from the URL at once and sent as headers. The names are those of the options (\`batch.maxRows\`, \`batch.max_rows\`); any other
name in snake_case is a ClickHouse setting (\`max_threads=4\`; write a setting of one word as \`settings.readonly=2\`). A path is kept, for a
reverse proxy. \`clickhouse://user:password@host:8443/database?secure=1\` is accepted too: there the path is the database, and \`secure=1\` means
https. Options in an endpoint apply to that server alone: they are dropped when a stronger source gives another endpoint.

${SECTIONS.map(section).toSpliced(1, 0, sectionOfSignals()).join('\n')}`

test('docs/configuration.md says what the option table and the docstrings say', async () => {
  await expect(page).toMatchFileSnapshot(PAGE)
})

test('the page has every option', () => {
  for (const path of options.keys()) {
    const ofAnySignal = path.replace(/^(traces|metrics)\.(?!tables|ttls|temporality)/, 'logs.')
    const shown = ofAnySignal.replace(/^(logs\.(batch|queue|sample|redact|retention))\..*/, '$1')
    expect(page).toContain(`\`${shown}\``)
  }
})
