import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../kit/free-port.js'
import { scriptedServer } from '../kit/scripted-server.js'
import { appWith, brokenPackage, registeredBy, WHOLE } from '../register/app.js'
import type { App, AppMistake } from './mistake.js'
import { own, PREFIX } from './own-variables.js'

const API = '@opentelemetry/api'
const AUTO = '@opentelemetry/auto-instrumentations-node'
const SPANS = [...WHOLE, API]
/** For what does not depend on instrumentations, which take long to load. */
const SDK = ['@opentelemetry/sdk-node', API]
const PLAIN = ['@opentelemetry/sdk-trace-base', API]
const THEIRS = `${AUTO}/register`
const QUIET = { OTEL_METRICS_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none' }

/** `register` with an application that makes two spans by hand. */
function registered({
  packages = SDK,
  ...more
}: Partial<App> & {
  packages?: readonly string[]
  env?: Record<string, string>
}): AppMistake['make'] {
  return ({ url }) => ({
    folder: appWith(packages),
    args: [...registeredBy('--import'), 'spans.cjs'],
    ...more,
    env: { OTEL_TRACES_EXPORTER: 'clickhouse', ...own({ ENDPOINT: url }), ...more.env },
  })
}

export const REGISTER: readonly AppMistake[] = [
  {
    did: 'No OpenTelemetry SDK is installed.',
    says: '@spanhouse/exporter-clickhouse/register sends no traces, because no OpenTelemetry SDK is installed (looked in <folder>). To install one: npm install <package>',
    todo: 'Run that command in the folder of the application.',
    make: registered({
      packages: [],
      args: [...registeredBy('--import'), '-e', 'console.log("done")'],
    }),
  },
  {
    did: 'The SDK is too old.',
    says: '@spanhouse/exporter-clickhouse/register sends no traces, because @opentelemetry/sdk-node <version> is too old (looked in <folder>). To install one: npm install <package>',
    todo: 'SDK 2 and 3 are supported. Run that command.',
    make: (clickhouse) => {
      const folder = appWith([API])
      brokenPackage(folder, '@opentelemetry/sdk-node', '0.57.2')
      return registered({ folder })(clickhouse)
    },
  },
  {
    did: 'The auto-instrumentations start an SDK as well, before ours.',
    says: '@spanhouse/exporter-clickhouse/register leaves all traces to the OpenTelemetry SDK that was started before it (<class>), and starts nothing. Remove the --import or --require that starts the other SDK; this register replaces it.',
    todo: 'Look at the command line, `NODE_OPTIONS`, and the first lines of the application.',
    make: registered({
      packages: SPANS,
      args: ['--require', THEIRS, ...registeredBy('--require'), 'spans.cjs'],
      env: { OTEL_TRACES_EXPORTER: 'console', ...QUIET },
    }),
  },
  {
    did: 'The auto-instrumentations start an SDK as well, after ours.',
    says: '@spanhouse/exporter-clickhouse/register finds a second OpenTelemetry SDK in this process: spans may be duplicated, and SIGTERM may no longer end the process. Remove the --import or --require that starts the second SDK; this register replaces it.',
    todo: 'Keep only ours.',
    make: registered({
      packages: SPANS,
      args: [...registeredBy('--require'), '--require', THEIRS, 'spans.cjs'],
      env: QUIET,
    }),
  },
  {
    did: 'Ours is loaded twice, for example by the command and by NODE_OPTIONS.',
    says: '@spanhouse/exporter-clickhouse/register has been loaded twice; the second load does nothing. Keep one --import or --require of it (NODE_OPTIONS counts too).',
    todo: 'Keep one of them.',
    make: registered({ args: [...registeredBy('--require', '--import'), 'spans.cjs'] }),
  },
  {
    did: 'OTEL_CONFIG_FILE is set.',
    says: '@spanhouse/exporter-clickhouse/register does not read OTEL_CONFIG_FILE, because such a file cannot name ClickHouse. Unset it, and use OTEL_TRACES_EXPORTER and OTEL_EXPORTER_CLICKHOUSE_* instead.',
    todo: 'Unset it.',
    make: registered({ env: { OTEL_CONFIG_FILE: './otel.yaml' } }),
  },
  {
    did: 'You misspelt clickhouse in OTEL_TRACES_EXPORTER.',
    says: 'OTEL_TRACES_EXPORTER names `<name>`, which is unknown (did you mean `clickhouse`?). That name is ignored.',
    todo: 'Correct the name. If it names nothing else, traces go to OTLP as if it were not set.',
    make: registered({ env: { OTEL_TRACES_EXPORTER: 'clickhous,console' } }),
  },
  {
    did: 'OTEL_TRACES_EXPORTER names `none` together with others.',
    says: 'OTEL_TRACES_EXPORTER names `none` together with <names>, so no traces are exported. Remove `none` or the other names.',
    todo: 'Remove `none`.',
    make: registered({ env: { OTEL_TRACES_EXPORTER: 'clickhouse,none' } }),
  },
  {
    did: 'You chose OTLP, but its exporter is not installed.',
    says: 'no traces go to otlp (<what decided it>): @opentelemetry/exporter-trace-otlp-proto is not installed: npm install @opentelemetry/exporter-trace-otlp-proto@<version>. Or set OTEL_TRACES_EXPORTER=clickhouse.',
    todo: 'Run that command, or choose `clickhouse`.',
    make: registered({
      packages: PLAIN,
      env: { OTEL_TRACES_EXPORTER: 'otlp' },
    }),
  },
  {
    did: 'You chose OTLP over gRPC, but that exporter is not installed.',
    says: 'no traces go to otlp (<what decided it>): @opentelemetry/exporter-trace-otlp-grpc is not installed: npm install @opentelemetry/exporter-trace-otlp-grpc@<version>. Or set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, for which @opentelemetry/exporter-trace-otlp-proto is installed. Or set OTEL_TRACES_EXPORTER=clickhouse.',
    todo: 'Install it, or use the protocol whose exporter is installed.',
    make: registered({
      packages: ['@opentelemetry/sdk-trace-base', '@opentelemetry/exporter-trace-otlp-proto', API],
      env: { OTEL_TRACES_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    }),
  },
  {
    did: 'You configured ClickHouse but did not set OTEL_TRACES_EXPORTER.',
    says: 'OTEL_EXPORTER_CLICKHOUSE_ENDPOINT is set, but OTEL_TRACES_EXPORTER is not, so traces go to otlp. Set OTEL_TRACES_EXPORTER=clickhouse, or otlp if that is meant.',
    todo: 'Set `OTEL_TRACES_EXPORTER=clickhouse`. Unset, it means `otlp`, as OpenTelemetry has it.',
    make: async (clickhouse) =>
      registered({
        env: {
          OTEL_TRACES_EXPORTER: '',
          OTEL_EXPORTER_OTLP_ENDPOINT: (await scriptedServer()).url,
        },
      })(clickhouse),
  },
  {
    did: 'Traces go to OTLP, and no Collector listens there.',
    says: 'otlp has taken no spans: connect ECONNREFUSED <address>. Is a collector running there?',
    todo: 'Start the Collector or correct `OTEL_EXPORTER_OTLP_ENDPOINT`. If you want ClickHouse, set `OTEL_TRACES_EXPORTER=clickhouse`.',
    make: async (clickhouse) =>
      registered({
        env: {
          OTEL_TRACES_EXPORTER: 'otlp',
          OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
          OTEL_EXPORTER_OTLP_TIMEOUT: '3000',
          ...QUIET,
        },
      })(clickhouse),
  },
  {
    did: 'You loaded `register` and set nothing: traces go to OTLP.',
    says: 'otlp has taken no spans: connect ECONNREFUSED <address>. Is a collector running there? For ClickHouse, set OTEL_TRACES_EXPORTER=clickhouse.',
    todo: 'Set `OTEL_TRACES_EXPORTER=clickhouse`. Unset, it means `otlp`, as OpenTelemetry has it.',
    make: async () => ({
      folder: appWith(SDK),
      args: [...registeredBy('--import'), 'spans.cjs'],
      env: {
        OTEL_TRACES_EXPORTER: '',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}`,
        OTEL_EXPORTER_OTLP_TIMEOUT: '3000',
        ...QUIET,
      },
    }),
  },
  {
    did: 'An SDK is installed, but no instrumentation.',
    says: '@spanhouse/exporter-clickhouse/register finds no instrumentation, so of <package> and the like there are no spans. To install all of them: npm install <package>',
    todo: 'Run that command. `OTEL_NODE_ENABLED_INSTRUMENTATIONS` and `OTEL_NODE_DISABLED_INSTRUMENTATIONS` choose among them.',
    make: registered({ packages: ['@opentelemetry/sdk-node', 'express', API] }),
  },
  {
    did: 'You misspelt the name of an instrumentation.',
    says: '@spanhouse/exporter-clickhouse/register finds no instrumentation "<name>", which OTEL_NODE_ENABLED_INSTRUMENTATIONS names (did you mean "<name>"?).',
    todo: 'Use the name that is proposed: the package’s, without `@opentelemetry/instrumentation-`.',
    make: registered({
      packages: SPANS,
      env: { OTEL_NODE_ENABLED_INSTRUMENTATIONS: 'http,expres' },
    }),
  },
  {
    did: 'An instrumentation cannot be loaded.',
    says: '@spanhouse/exporter-clickhouse/register goes on without @opentelemetry/instrumentation-<name>: <error>. Update it, or name it in OTEL_NODE_DISABLED_INSTRUMENTATIONS.',
    todo: 'The others work. Install it again, or switch it off by `OTEL_NODE_DISABLED_INSTRUMENTATIONS`.',
    make: (clickhouse) => {
      const folder = appWith(SPANS)
      brokenPackage(folder, '@opentelemetry/instrumentation-broken')
      return registered({ folder })(clickhouse)
    },
  },
  {
    did: 'The configuration file cannot be used.',
    says: '@spanhouse/exporter-clickhouse/register could not start, so this process sends no traces: spanhouse: these exporter options cannot be used: <problems>',
    todo: 'Mend the file: each problem has its line. A variable would only have been ignored.',
    make: registered({ env: { [`${PREFIX}CONFIG_FILE`]: '/nowhere/spanhouse.json' } }),
  },
  {
    did: 'The configuration file is YAML, and the package `yaml` is not installed.',
    says: '@spanhouse/exporter-clickhouse/register could not start, so this process sends no traces: spanhouse: these exporter options cannot be used: <file>:1:1 needs the package `yaml`, which is not installed: run `npm install yaml`, or write the file as JSON',
    todo: 'Either of the two.',
    make: (clickhouse) => {
      const folder = appWith(PLAIN)
      writeFileSync(join(folder, 'spanhouse.yaml'), 'database: telemetry\n')
      return registered({
        folder,
        env: { [`${PREFIX}CONFIG_FILE`]: join(folder, 'spanhouse.yaml') },
      })(clickhouse)
    },
  },
  {
    did: 'A script ends itself by process.exit() before its spans are sent.',
    says: 'primary (<host>): <number> rows were not delivered, because process.exit() or an error ended the process. Set process.exitCode and let it end by itself, or await shutdown() before.',
    todo: 'Set `process.exitCode` and let the process end by itself, or `await processor.shutdown()` first.',
    make: registered({ args: [...registeredBy('--import'), 'exits.cjs'] }),
  },
  {
    did: 'You passed the exporter as a span processor.',
    says: 'a ClickHouseSpanExporter was passed as a span processor, so no span is exported. Pass a ClickHouseSpanProcessor instead, or new BatchSpanProcessor(exporter).',
    todo: 'Use `ClickHouseSpanProcessor`: it is the faster of the two.',
    make: () => ({
      folder: appWith(['@opentelemetry/sdk-trace-base']),
      args: ['misplaced.cjs', 'exporter'],
      env: {},
    }),
  },
  {
    did: 'You passed the processor as an exporter.',
    says: 'a ClickHouseSpanProcessor was passed as a span exporter, so no span is exported. Pass it to the tracer provider (spanProcessors: [processor]), or use a ClickHouseSpanExporter.',
    todo: 'Pass it to the provider itself.',
    make: () => ({
      folder: appWith(['@opentelemetry/sdk-trace-base']),
      args: ['misplaced.cjs', 'processor'],
      env: {},
    }),
  },
]
