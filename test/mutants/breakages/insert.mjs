import { exporter, faults } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

export const INSERT = [
  ...inFile(
    'exporter/clickhouse/insert',
    [exporter('insert'), exporter('compact'), exporter('equal-batches')],
    [
      ['drops the deduplication token', ', [TOKEN]: token } }', ' } }'],
      ['gives different rows the same token', '    compressed.digest,\n', ''],
      ['gives all parts of a batch the same token', 'tokenOf(token, part)', 'token'],
      [
        'gives batches of equal rows in a table that is not ours the same token',
        'identity ?? randomUUID()',
        "identity ?? ''",
      ],
      ['does not compress the statement before compressed rows', "codec === 'gzip' ? ", 'false ? '],
    ],
  ),
  ...inFile(
    'exporter/config/insert-settings',
    [exporter('insert'), exporter('compact'), exporter('equal-batches')],
    [
      [
        'lets the server gather the rows of several inserts',
        "async_insert: essential('0',",
        "async_insert: essential('1',",
      ],
      [
        'lets the server parse a batch in chunks',
        "input_format_parallel_parsing: useful('0',",
        "input_format_parallel_parsing: useful('1',",
      ],
      ...[
        ['lets the limit of a profile cut off rows', "limit: essential('0'"],
        ['lets a time limit cut off an INSERT', "timeout_overflow_mode: essential('throw'"],
        ['stores a batch in small blocks', "...essential('4294967295'"],
        [
          'lets the server refuse rows because of values that they leave out',
          "input_format_force_null_for_omitted_fields: essential('0'",
        ],
        ['lets the profile decide whether to deduplicate', "deduplicate_insert: useful('enable'"],
      ].map(([name, from]) => [name, from, from.replace(/'[^']*'$/, "'1'")]),
      [
        'lets the limit of a profile cut off the answers to its queries',
        "...valuesOf('limit', 'offset', ",
        '...valuesOf(',
      ],
    ],
  ),
  ...inFile(
    'exporter/clickhouse/insert',
    [faults('misbehaviour'), faults('early-answer')],
    [
      [
        'changes the token on a retry',
        'queryOf(settings, without)}&',
        'queryOf({ ...settings, [TOKEN]: randomUUID() }, without)}&',
      ],
    ],
  ),
]
