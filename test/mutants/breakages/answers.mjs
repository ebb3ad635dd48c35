import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

export const ANSWERS = inFile(
  'exporter/classify',
  [exporter('classify'), exporter('regressions')],
  [
    [
      'takes a status without a code for a word on the rows',
      'unlisted: code !== 0 && ',
      'unlisted: ',
    ],
    [
      'takes the silence of an old server for no rows',
      'written !== undefined && counts',
      'written !== undefined',
    ],
    ['does not read how many rows were written', ', ...writtenRows(reply) }', ' }'],
    ['names no right that is missing', 'return grant && ', 'return undefined && '],
    ['acknowledges an answer of which the end is missing', 'if (reply.complete) return', 'return'],
    [
      'acknowledges any 200, whatever its exception header says',
      'if (header > 0) return header',
      'if (header > 0 && !isSuccess(status)) return header',
    ],
    [
      'acknowledges a 200 whose body tells of an exception',
      'if (said !== undefined) return',
      'if (said !== undefined && !isSuccess(status)) return',
    ],
    [
      'takes a connection lost in the middle of the rows for one that wrote nothing',
      "bodyStarted ? 'ambiguous' : 'transient'",
      "'transient'",
    ],
    [
      'divides a batch whose rows are written and only a view refused',
      "if (failedInView(body)) return 'ambiguous'",
      '',
    ],
    ['shows the rows of the application in its errors', "kind === 'rejected' ||", ''],
    ['takes the seconds of Retry-After for milliseconds', 'Number(text) * 1000', 'Number(text)'],
    ['counts rows from one where the server does', 'Number(row) - 1', 'Number(row)'],
    [
      'gives rows up because the server has too many parts',
      '    252, // TOO_MANY_PARTS, and see partitions below\n',
      '',
    ],
  ],
)
