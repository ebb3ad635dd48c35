import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

export const BATCHES = [
  ...inFile(
    'exporter/batching/batcher',
    [exporter('batcher')],
    [
      ['fills a batch beyond its bytes', 'this.writer.length < this.#limits.maxBytes && ', ''],
      ['fills a batch beyond its rows', 'this.#rows >= maxRows || ', ''],
      [
        'sends the keys of all rows since the start',
        'this.#keyLists = this.#newKeyLists()\n    this.#rows',
        'this.#rows',
      ],
      ['copies megabytes while a batch grows', ' || isFull(writer)', ''],
      [
        'gives a batch that had no more room no more the next time',
        '2 * length : length',
        'length : length',
      ],
      [
        'puts rows of more partitions in a batch than a server takes',
        '>= MAX_PARTITIONS',
        '> MAX_PARTITIONS',
      ],
      ['counts the partitions of the batch before', 'this.#partitions.clear()', ''],
      [
        'never sends a batch because of its age',
        'setTimeout(() => this.seal(), this.#limits.maxDelayMs)',
        'setTimeout(() => {}, this.#limits.maxDelayMs)',
      ],
    ],
  ),
  ...inFile(
    'exporter/batching/batch',
    [exporter('batch'), exporter('batch-memory')],
    [
      ['uses the memory of a batch again while it is compressed', '|| this.#isCompressing ', ''],
      [
        'uses the memory again that an uncompressed batch is sent from',
        'if (body.buffer !== raw.buffer) this',
        'this',
      ],
      [
        'never uses the memory of a batch again',
        'this.#raw = undefined\n    this.#release?.()',
        'this.#raw = undefined',
      ],
      ['loses the rows behind the ones it sends apart', ', ...lines.slice(to)]', ']'],
      ['does not count a batch that holds no bytes', 'return OVERHEAD_BYTES + ', 'return '],
    ],
  ),
  ...inFile(
    'exporter/pipeline/lane',
    [exporter('lanes'), exporter('span-exporter'), exporter('compact')],
    [
      [
        'takes in nothing for a row that does not fit behind the others',
        'isRow = this.#write(record, batcher) // again',
        'isRow = true // again',
      ],
      [
        'counts the keys in a URL as they are, and not as they stand there',
        'leads ? Buffer.byteLength : lengthInUrl',
        'Buffer.byteLength',
      ],
      [
        'shares a batch with a destination that compresses otherwise',
        '[batch, compression, asyncInsert]',
        '[batch, asyncInsert]',
      ],
      [
        'takes a row of any length',
        'isRow = writer.length - start <= this.#maxRowBytes',
        'isRow = true',
      ],
      [
        'leaves half a row behind that a table failed to write',
        'if (!isRow) writer.length = start',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/batching/open-batches',
    [exporter('open-batches'), exporter('lanes'), exporter('compact')],
    [
      ['leaves rows of many resources behind at a flush', '    this.#whole.seal()\n', ''],
      ['counts rows of many resources nowhere', 'let sum = of(this.#whole)', 'let sum = 0'],
      [
        'forgets batches that have rows when there are too many',
        'if (batcher.rows === 0) this.#byResource',
        'this.#byResource',
      ],
      [
        'opens a batch for every resource there is',
        'if (this.#byResource.size >= MAX_RESOURCES) return undefined',
        '',
      ],
      [
        'makes a statement longer than it may be',
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
      ['drops what may have been written', ' && !entry.history.ambiguous', ''],
      ['drops what is in flight', '!isBusy(entry) && ', ''],
      [
        'drops the oldest where the newest was to go',
        "hopeless || this.#whenFull === 'drop_newest'",
        'hopeless',
      ],
      [
        'forgets to give back the bytes of what has left',
        '    this.#heldBytes -= entry.heldBytes\n',
        '',
      ],
    ],
  ),
]
