import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

export const BATCHES = [
  ...inFile(
    'exporter/batching/batcher',
    [exporter('batcher')],
    [
      ['fills a batch beyond its byte limit', 'this.writer.length < this.#maxBytes && ', ''],
      ['fills a batch beyond its row limit', 'this.#rows >= maxRows || ', ''],
      [
        'sends the attribute keys of all earlier batches with each batch',
        'this.#keyLists = this.#newKeyLists()\n    this.#rows',
        'this.#rows',
      ],
      ['copies megabytes while a batch grows', ' || (!repeatable && isFull(writer))', ''],
      [
        'allocates no more memory after a batch that was too small',
        '2 * length : length',
        'length : length',
      ],
      [
        'puts more partitions into a batch than a server accepts',
        '>= MAX_PARTITIONS',
        '> MAX_PARTITIONS',
      ],
      ['counts the partitions of the previous batch as well', 'this.#partitions.clear()', ''],
      [
        'never sends a batch because of its age',
        'setTimeout(() => this.seal(), maxDelayMs)',
        'setTimeout(() => {}, this.#limits.maxDelayMs)',
      ],
    ],
  ),
  ...inFile(
    'exporter/batching/batch',
    [exporter('batch'), exporter('batch-memory')],
    [
      ['reuses the memory of a batch while it is being compressed', '|| this.#isCompressing ', ''],
      ['takes every thread for compression', 'newLimit(2)', 'newLimit(200)'],
      [
        'reuses the memory from which an uncompressed batch is sent',
        'if (body.buffer !== raw.buffer) this',
        'this',
      ],
      [
        'never reuses the memory of a batch',
        'this.#raw = undefined\n    this.#giveBack()',
        'this.#raw = undefined',
      ],
      ['loses the rows after the ones that it sends separately', ', ...lines.slice(to)]', ']'],
      [
        'does not count the memory of a batch that holds no bytes',
        'return OVERHEAD_BYTES + ',
        'return ',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/lanes',
    [exporter('lanes')],
    [
      [
        'shares a batch between destinations with different compression',
        '[batch, compression, asyncInsert]',
        '[batch, asyncInsert]',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/lane-limits',
    [exporter('compact')],
    [
      [
        'counts the keys in a URL without their percent-encoding',
        'leads ? Buffer.byteLength : lengthInUrl',
        'Buffer.byteLength',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/lane',
    [exporter('lanes'), exporter('span-exporter'), exporter('compact')],
    [
      [
        'loses a row that does not fit after the others',
        'isRow = this.#write(sheet, record, batcher) // again',
        'isRow = true // again',
      ],
      [
        'accepts a row of any length',
        'isRow = writer.length - start <= this.#maxRowBytes',
        'isRow = true',
      ],
      [
        'leaves half a row behind when a table fails to write it',
        'if (!isRow) writer.length = start',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/batching/open-batches',
    [exporter('open-batches'), exporter('lanes'), exporter('compact')],
    [
      ['does not flush the batch with rows of many resources', '    this.#whole.seal()\n', ''],
      [
        'does not count rows in the batch of many resources',
        'let sum = of(this.#whole)',
        'let sum = 0',
      ],
      [
        'forgets open batches that have rows when there are too many',
        'if (batcher.rows === 0) this.#byResource',
        'this.#byResource',
      ],
      [
        'opens any number of batches for different resources',
        'if (this.#byResource.size >= MAX_RESOURCES) return undefined',
        '',
      ],
      [
        'makes a statement longer than its limit',
        'Math.min(maxStatement - taken, MAX_KEY_LISTS_LENGTH)',
        'MAX_KEY_LISTS_LENGTH',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/queue',
    [exporter('queue')],
    [
      [
        "ignores the queue's byte bound",
        'if (this.#heldBytes <= this.#maxBytes || !this.has(newest)) return undefined',
        'return undefined',
      ],
      ['drops a batch that may have been written', ' && !entry.history.ambiguous', ''],
      [
        'looks for the batch that must go among all that are on disk only',
        'oldest(this.#inMemory)',
        'oldest(this.#entries, ({ heldBytes }) => heldBytes > 0)',
      ],
      [
        'sends a batch at the place that it had before it moved to the end',
        '    this.#arrange(entry) // out of its old place\n',
        '',
      ],
      ['drops a batch that is in flight', '!isBusy(entry) && ', ''],
      [
        'drops the oldest batch when it should drop the newest',
        "hopeless || this.#whenFull === 'drop_newest'",
        'hopeless',
      ],
      [
        'does not subtract the bytes of a batch that has left the queue',
        '    this.#heldBytes -= entry.heldBytes\n',
        '',
      ],
    ],
  ),
]
