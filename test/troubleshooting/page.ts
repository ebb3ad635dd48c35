import type { Mistake } from './mistake.js'
import { RUNNING, THROWN } from './mistakes.js'

function entry({ did, says, todo }: Mistake): string {
  return `### ${did.replace(/\.$/, '')}

\`\`\`text
${says}
\`\`\`

${todo}
`
}

function section({ title, about, mistakes }: (typeof RUNNING)[number] | typeof THROWN): string {
  return `## ${title}

${about}

${mistakes.map(entry).join('\n')}`
}

/** docs/troubleshooting.md */
export const PAGE = `<!-- Made by test/troubleshooting/troubleshooting.test.ts, which makes each of these mistakes: change its tables, then run \`npx vitest run -u troubleshooting\`. -->
# Troubleshooting

Each mistake gives one line. Search this page for its text; what varies stands here as \`<name>\`. Lines that nobody has to catch come as
process warnings on stderr, also where no logger is set (with one, it has them too):

\`\`\`text
(node:4711) [SPANHOUSE_NO_ROWS_TAKEN] SpanhouseWarning: primary (localhost:8123) has taken no rows: …
\`\`\`

If a line is meant to be, switch it off by its code: \`node --disable-warning=SPANHOUSE_NO_ROWS_TAKEN\` (Node 20.11 or newer), or all of them
by \`OTEL_EXPORTER_CLICKHOUSE_WARNINGS=false\`.

## Nothing arrives: look in this order

1. **stderr**, for a line with \`SpanhouseWarning\`. \`--no-warnings\`, \`NODE_NO_WARNINGS=1\` and \`OTEL_EXPORTER_CLICKHOUSE_WARNINGS=false\` hide it.
   Wait for two seconds: a server that does not answer is reported a second after the first attempt, and the first attempt is made after
   \`batch.maxDelayMs\`.
2. **The start.** With \`OTEL_LOG_LEVEL=info\`, \`register\` prints one line that says where traces go and what decided that. If there is none,
   \`register\` is not loaded: is \`--import @spanhouse/exporter-clickhouse/register\` on the command line or in \`NODE_OPTIONS\` of this very
   process? Without \`/register\` at its end, \`--import\` loads the package and starts nothing. In code, the line needs a logger: \`diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.INFO)\` before the exporter is made.
3. **Switches of OpenTelemetry**: \`OTEL_SDK_DISABLED=true\` switches off everything, \`OTEL_TRACES_EXPORTER\` unset means \`otlp\`, and
   \`OTEL_TRACES_SAMPLER=always_off\` or a small \`OTEL_TRACES_SAMPLER_ARG\` leaves spans out. None of them is a mistake, so there is no warning.
4. **What is configured**, and where each value comes from:
   \`node -e "require('@spanhouse/exporter-clickhouse').explainConfig()"\` in the folder and with the environment of the application.
5. **Whether spans reach the exporter at all**: \`processor.stats()\`. If \`accepted\` stays 0, the processor is not part of the tracer provider
   that is registered, or the libraries were loaded before the instrumentations. \`OTEL_TRACES_EXPORTER=console\` prints spans as they end.
6. **The table**: \`SELECT count(), max(timestamp) FROM telemetry.traces\` on the server and in the database that the line of step 2 names.
   \`telemetry.traces\` is the default; with \`schema=otel\` it is \`default.otel_traces\`, whose column is \`Timestamp\`.
7. **The server**, from the same container or host: \`curl http://host:8123/ping\` answers \`Ok.\`

${[...RUNNING, THROWN].map(section).join('\n')}`
