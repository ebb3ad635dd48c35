import { transform } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const rows = [transform('log-rows'), transform('collector-logs')]
const otlp = [transform('otlp-logs'), transform('collector-logs')]

export const LOGS = [
  ...inFile('transform/log/values', rows, [
    [
      'takes the observed time of a record that has its own',
      'isZero(hrTime) ? hrTimeObserved : hrTime',
      'hrTimeObserved',
    ],
    ['leaves a record without time in 1970', 'isZero(hrTime) ? hrTimeObserved : hrTime', 'hrTime'],
    [
      'takes a time of some nanoseconds of the SDK for none',
      'given[0] === 0 && given[1] === 0',
      'given[0] === 0',
    ],
    [
      'takes a time of some nanoseconds for none',
      '(time[0] === 0 && time[1] === 0)',
      'time[0] === 0',
    ],
    ['stores flags above the eighth', 'traceFlags & 0xff', 'traceFlags'],
  ]),
  ...inFile('transform/otlp/logs', otlp, [
    ['reads one severity too low', '4 * index + Number(step)', '4 * index + Number(step) - 1'],
    ['takes a record without a body for none', "    'body',\n", ''],
    ['forgets that an event is a record', "    'eventName',\n", ''],
    ['forgets how many attributes were dropped', "countField(json, 'droppedAttributesCount')", '0'],
    ['takes the flags for none', "traceFlags: countField(json, 'flags')", 'traceFlags: 0'],
  ]),
  ...inFile(
    'transform/otlp/envelope',
    [...otlp, transform('otlp-json')],
    [
      [
        'reads a resource once for each scope',
        'const origin = { resource, instr',
        'const origin = { resource: readResource(group, seen), instr',
      ],
      ['loses the URLs of schemas', "schemaUrl === '' ? {} : { schemaUrl }", '{}'],
    ],
  ),
  ...inFile('transform/schemas/otel-logs', rows, [
    [
      'leaves the keys of a log record as they came',
      'itemAttributes(record, true)',
      'itemAttributes(record)',
    ],
    [
      'takes the scope’s schema for the resource’s',
      "from: 'resource',\n      value: ({ schemaUrl })",
      "from: 'scope',\n      value: ({ schemaUrl })",
    ],
  ]),
]
