import { transform } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const rows = [transform('metric-values'), transform('metric-rows')]
const compact = [transform('compact')]

export const METRICS = [
  ...inFile(
    'transform/metric/points',
    [transform('metric-points')],
    [
      [
        'takes the SDK’s numbers of temporalities for those of OTLP',
        'aggregationTemporality === 0 ? 1 : aggregationTemporality === 1 ? 2 : 0',
        'aggregationTemporality === 1 ? 1 : 0',
      ],
      ['gives gauges a temporality', "type === 'gauge' ? 0 : aggr", 'aggr'],
      ['confuses the types of the SDK', "'gauge', 'sum']", "'sum', 'gauge']"],
      ['does not notice that a unit has changed', '    known.unit === unit &&\n', ''],
      ['does not notice another temporality', '    known.temporality === temporality &&\n', ''],
      [
        'forgets the metric from one collection to the next',
        'metrics.set(descriptor, metric)\n',
        '',
      ],
      ['does not count points that it leaves out', 'else tally.droppedPoints++', ''],
      [
        'does not count a metric that throws',
        '  } catch {\n    tally.droppedPoints++\n  }\n}\n\n// The SDK',
        '  } catch {}\n}\n\n// The SDK',
      ],
    ],
  ),
  ...inFile('transform/types/exact-float', rows, [
    ['writes negative zero as zero', ' || Object.is(value, -0)', ''],
    ['writes an infinity as NaN', `[Number.POSITIVE_INFINITY, '"inf"'],`, ''],
    ['takes no bigint', "typeof value === 'bigint' ? Number(value) : value", 'value'],
  ]),
  ...inFile(
    'transform/types/array',
    [...rows, transform('columns'), transform('hostile')],
    [
      [
        'leaves part of a list in the row that it reads again',
        '  out.length = start\n  return false',
        '  return false',
      ],
      [
        'lets a list be longer than the row has room for',
        'index < length && room > 0',
        'index < length',
      ],
    ],
  ),
  ...inFile('transform/types/date-time', rows, [
    [
      'lets a time run over the end of DateTime',
      'const clamped = clampToSeconds(time)\n    if (clamped !== time) tally.clampedTimes++\n    out.byte(QUOTE)\n    writeTen',
      'const clamped = time\n    out.byte(QUOTE)\n    writeTen',
    ],
  ]),
  ...inFile('transform/types/hex-id', rows, [
    ['leaves an id empty where the Collector has zeros', 'out.text(empty)', 'out.text(text.empty)'],
  ]),
  ...inFile('transform/schemas/flat-metrics', rows, [
    ['stores an absent minimum as 0', "empty: 'null' }", "empty: '0' }"],
    ['stores 0 where no value was recorded', 'value ?? Number.NaN', 'value ?? 0'],
    ['confuses delta and cumulative', "['', 'delta', 'cumulative']", "['', 'cumulative', 'delta']"],
  ]),
  ...inFile('transform/schemas/otel-metrics', rows, [
    ['writes NaN into a list of bounds as 0', ', kind: array(exactFloat) }', ' }'],
    ['writes NaN as 0', ', kind: exactFloat }', ' }'],
  ]),
  ...inFile(
    'transform/row/row',
    [transform('metric-rows'), transform('once')],
    [
      [
        'encodes what a metric’s points have in common for each point',
        "origin === 'record' ?",
        "origin === 'record' || origin === 'metric' ?",
      ],
    ],
  ),
  ...inFile('transform/compact/compact-rows', compact, [
    [
      'forgets that a column’s values have a form of their own when it makes a row whole',
      '(each ? undefined : kind)?.empty ?? kindOf',
      'kindOf',
    ],
    [
      'tears apart what the points of a metric have in common',
      "if (from === 'metric') return 1",
      '',
    ],
  ]),
  ...inFile(
    'transform/otlp/metrics',
    [transform('otlp-metrics')],
    [
      ['does not know temporalities by name', 'TEMPORALITIES.indexOf(json)', '0'],
      ['reads an int as a double', "?? intField(json, 'asInt')", "?? doubleField(json, 'asInt')"],
      ['loses the attributes of exemplars', "'filteredAttributes'", "'attributes'"],
      [
        'loses digits of counts',
        "bucketCounts: listField(point, 'bucketCounts').map(toInt)",
        "bucketCounts: listField(point, 'bucketCounts').map(Number)",
      ],
    ],
  ),
]
