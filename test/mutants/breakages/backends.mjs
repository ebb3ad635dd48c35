import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const fromEnv = [exporter('from-env')]
const switching = [exporter('switch')]
const ofTheSdk = [exporter('sdk-backend')]
const functions = [exporter('with-flush')]
const signals = [exporter('every-signal')]
const metrics = [exporter('metric-exporter')]
const ends = [exporter('collect-first')]
const logRecords = [exporter('log-records')]

export const BACKENDS = [
  ...inFile(
    'exporter/backends/names',
    [exporter('names')],
    [
      [
        'exports nothing when OTEL_TRACES_EXPORTER is not set',
        "return { names: ['otlp'], problems: [], decidedBy",
        'return { names: [], problems: [], decidedBy',
      ],
      [
        'takes the names of backends in lower case only',
        'name.toLowerCase()\n    if (all',
        'name\n    if (all',
      ],
      [
        'exports although none is named beside others',
        'known.includes(NONE) ? [] : ',
        'false ? [] : ',
      ],
      [
        'repeats a password that stands in the place of a name',
        'if (!/^[\\w./-]{1,40}$/.test(name))',
        'if (false)',
      ],
    ],
  ),
  ...inFile('exporter/config/sources/sdk-environment', fromEnv, [
    ['does not read OTEL_BSP_*', 'numbers[option] = value', 'void value'],
    ['does not know the protocol for traces alone', '[own, ', '['],
  ]),
  ...inFile('exporter/config/sources/sdk-environment', signals, [
    ['reads OTEL_BSP_* for logs', "'OTEL_BLRP'", "'OTEL_BSP'"],
    [
      'passes a timeout on that the metric reader refuses',
      'reader.exportTimeoutMillis = exportIntervalMillis\n',
      '\n',
    ],
    ['does not read OTEL_METRIC_EXPORT_INTERVAL', "'exportIntervalMillis',\n", "'interval',\n"],
  ]),
  ...inFile('exporter/backends/of-the-sdk', fromEnv, [
    ['does not pass OTEL_BSP_* on', 'kind.batch, to, batch)', 'kind.batch, to)'],
  ]),
  ...inFile('exporter/backends/official-exporter', fromEnv, [
    [
      'names the exporter for another SDK',
      "majorOf(sdk) < 3 ? '@0.223'",
      "majorOf(sdk) < 2 ? '@0.223'",
    ],
  ]),
  ...inFile('exporter/backends/kind', signals, [
    [
      'takes the official exporter of traces for logs',
      "officialExporters('logs'",
      "officialExporters('trace'",
    ],
    ['gives log records to no processor of the SDK', 'to.onEmit?.(record, context)', '{}'],
  ]),
  ...inFile('exporter/backends/metric-readers', signals, [
    ['collects at intervals of its own', '{ exporter, ...reader }', '{ exporter }'],
    [
      'does not ask the official exporter for its temporality',
      '        ...selectorsOf(exporter),\n',
      '',
    ],
    [
      'does not notice that no collector takes metrics',
      'export: tracked.export',
      'export: exporter.export.bind(exporter)',
    ],
  ]),
  ...inFile('exporter/metrics/point-exporter', metrics, [
    ['asks for delta although nobody has said so', "config.temporality === 'delta' && ", ''],
    ['asks for changes of what can fall', " && !instrumentType.includes('UP_DOWN')", ''],
    [
      'does not count what cannot be read',
      'if (!pipeline.closed) pipeline.refuse(',
      'if (false) pipeline.refuse(',
    ],
    ['counts what comes after shutdown', 'if (!pipeline.closed) ', ''],
    [
      'lets everybody’s exports through while metrics are collected',
      'collections > 0 && isOfCollection()',
      'collections > 0',
    ],
    [
      'lets a collection wait for a server',
      'collections > 0 && isOfCollection()',
      'collections > 1e9',
    ],
  ]),
  ...inFile('exporter/lifetime/collection', metrics, [
    [
      'takes what an earlier collection left behind for a part of the next',
      '} finally {\n    marks.delete(mark)\n    mark.disable()',
      '} finally {',
    ],
  ]),
  ...inFile('exporter/lifetime/collect-first', ends, [
    [
      'loses what was counted since the last collection',
      'await within(ms, collect).catch(() => {})',
      '',
    ],
    ['collects at the end again and again', 'collectedRows += ', 'void '],
  ]),
  ...inFile('exporter/lifetime/global-providers', metrics, [
    ['does not flush metrics', '? api?.metrics', '? undefined'],
  ]),
  ...inFile('exporter/logs/snapshot', logRecords, [
    ['shows what happens to attributes later', 'attributes: { ...attributes }', 'attributes'],
  ]),
  ...inFile('exporter/logs/log-record-processor', logRecords, [
    ['shows what happens to a record later', '{ keep: snapshot }', '{}'],
    ['takes records after shutdown', 'if (!this.#pipeline.closed) ', ''],
  ]),
  ...inFile(
    'exporter/common/application-modules',
    [exporter('application-modules')],
    [
      [
        'does not look into the dependencies of the auto-instrumentations',
        "  ['@opentelemetry/auto-instrumentations-node', '@opentelemetry/sdk-node'],\n",
        '',
      ],
      ['does not follow the link by which a script is started', 'realpathSync(script)', 'script'],
    ],
  ),
  ...inFile('exporter/backends/open', fromEnv, [
    ['does not say which backends are used', '    else inform(line)\n', ''],
    [
      'says that traces go to a backend that is missing',
      "name === 'clickhouse' || !isMissing(name)",
      'name !== undefined',
    ],
  ]),
  ...inFile('exporter/backends/open', switching, [
    [
      'starts a backend that stays again',
      'before.filter((one) => names.includes(one.name))',
      'before.filter(() => false)',
    ],
  ]),
  ...inFile('exporter/backends/from-env', fromEnv, [
    [
      'says nothing where ClickHouse is configured and OTLP gets the traces',
      'if (first.length > 0) doubtUnused()',
      '',
    ],
  ]),
  ...inFile('exporter/backends/choice', fromEnv, [
    ['doubts OTLP that was asked for', 'isAsked || isUsed(env) ? undefined : ', ''],
  ]),
  ...inFile('exporter/backends/tracked-exporter', fromEnv, [
    [
      'hands the official exporter more requests at once than it takes',
      'const MAX_EXPORTS = 8',
      'const MAX_EXPORTS = 1000',
    ],
    ['does not wait for exports that are under way', 'underWay.add(sent)', ''],
  ]),
  ...inFile('exporter/backends/tracked-exporter', ofTheSdk, [
    [
      'shuts the exporter down while spans are on their way to it',
      'async shutdown() {}',
      'shutdown: () => exporter.shutdown()',
    ],
    ['says again and again that no span was taken', 'succeeded === undefined && ', ''],
  ]),
  ...inFile('exporter/backends/sdk-backend', ofTheSdk, [
    [
      'does not wait for the resource of a batch',
      '    if (last) await pendingResources([last], options.flushTimeoutMs)\n',
      '',
    ],
    ['does not shut the exporter down', '      await tried(() => exporter.shutdown())\n', ''],
    ['is not flushed at a signal', 'options.flushOnSignal ? ', 'false ? '],
    ['stays registered after its shutdown', 'for (const remove of registrations) remove()', ''],
    [
      'throws an error of the SDK into the application',
      '        failed(error)\n',
      '        throw error\n',
    ],
  ]),
  ...inFile('exporter/backends/switchable', switching, [
    [
      'sends spans to the old backends until these are shut down',
      '          backends = next\n          return close(before.filter((one) => !next.includes(one)))',
      '          return close(before.filter((one) => !next.includes(one))).then(() => void (backends = next))',
    ],
    [
      'does not shut down what was switched off',
      'return close(before.filter((one) => !next.includes(one)))',
      'return Promise.resolve()',
    ],
    ['flushes without the backends that are being shut down', ', left(timeoutMs)]', ']'],
    [
      'leaves a backend running that was opened during the shutdown',
      'if (closed) return close(fresh)',
      'if (false) return close(fresh)',
    ],
  ]),
  ...inFile('exporter/backends/switch-backend', switching, [
    [
      'switches before the last switch is done',
      'all.current.then(() => ',
      'Promise.resolve().then(() => ',
    ],
    ['stops switching after a refused switch', 'done.catch(() => {})', 'done'],
  ]),
  ...inFile('exporter/backends/switch-backend', signals, [
    ['switches signals that it was not told', '.includes(signal))', '.length > 0 || signal)'],
    ['leaves logs behind', "= ['traces', 'logs']", "= ['traces']"],
  ]),
  ...inFile('exporter/backends/registry', switching, [
    ['switches processors that were shut down', 'void members.delete(member)', '{}'],
  ]),
  ...inFile('exporter/lifetime/with-flush', functions, [
    ['answers before the flush', '    await flush()\n', '    void flush()\n'],
    [
      'calls back before the flush',
      'flush().then(() => Reflect',
      'Promise.resolve().then(() => Reflect',
    ],
    ['waits for a flush without a limit', 'await within(ms, work).catch(() => {})', 'await work()'],
    ['takes all of the time that a function has left', 'remaining - RESERVE_MS', 'Infinity'],
    ['flushes the providers only after our own exporters', 'theirs().then(ours)', 'theirs()'],
    [
      'lets a provider that hangs keep our exporters from being flushed',
      '[ours(), theirs',
      '[theirs',
    ],
    ['replaces a third parameter that is no callback', " && typeof args[2] === 'function'", ''],
  ]),
]
