import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const shell = [exporter('span-processor'), exporter('span-exporter')]

export const EDGES = [
  ...inFile('exporter/span-exporter', shell, [
    [
      'calls back twice',
      '.then(resultCallback)',
      '.then((result) => (resultCallback(result), resultCallback(result)))',
    ],
    ['says that it took what every destination dropped', 'return taken ? ', 'return true ? '],
    ['takes spans after its shutdown', 'if (this.#pipeline.closed) return', 'if (false) return'],
  ]),
  ...inFile('exporter/span-processor', shell, [
    ['takes spans that nobody sampled', ' && isSampled(span)', ''],
    [
      'lets a span throw that cannot say whether it was sampled',
      '} catch {\n    return true',
      '} catch (error) {\n    throw error',
    ],
  ]),
  ...inFile('exporter/pipeline', shell, [
    ['leaves the open batch out of its account', 'stats.waiting += open', ''],
    ['flushes without what is not sealed yet', 'for (const lane of this.#lanes) lane.seal()', ''],
    [
      'lets a hook of the application stop a delivery',
      '    Promise.resolve(hook()).catch(failed)\n  } catch (error) {\n    failed(error)',
      '    Promise.resolve(hook()).catch(failed)\n  } catch (error) {\n    throw error',
    ],
    ['shuts down a second time', 'this.#shutdown ??= ', 'this.#shutdown = '],
  ]),
  ...inFile(
    'exporter/before-exit',
    [exporter('flush-before-exit')],
    [
      [
        'flushes at the end of a script again and again',
        'if (pipeline.acceptedRows === flushedRows) continue',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/dead-letters',
    [exporter('dead-letters')],
    [
      [
        'writes dead letters without bound',
        '> maxBytes)\n      throw',
        '> Number.POSITIVE_INFINITY)\n      throw',
      ],
      [
        'says nothing of a table that takes no dead letters',
        "if (outcome.status !== 'delivered') throw outcome.error",
        '',
      ],
      ['writes a dead letter behind one that was cut short', 'await isTorn(file, size)', 'false'],
      [
        'lets everybody read dead letters',
        'appendFile(file, text, { mode: 0o600 })',
        'appendFile(file, text)',
      ],
      [
        'waits for a disk that hangs',
        'await within(KEEP_DEADLINE_MS, () => work, { ref: false })',
        'await work',
      ],
      [
        'writes dead letters to a table without their token',
        "token: insert?.settings['insert_deduplication_token'] ?? '',\n      }),",
        "token: '',\n      }),",
      ],
    ],
  ),
  ...inFile(
    'exporter/config',
    [exporter('config'), exporter('config-names')],
    [
      [
        'prefers the environment to the code',
        'merge(environment, own)',
        'merge(own as typeof environment, environment)',
      ],
      [
        'reports one problem of several',
        'throw new ConfigError([...checked, ...problems])',
        'throw new ConfigError(checked)',
      ],
      [
        "sends one destination's password to the server of another",
        "delete merged['password']",
        '',
      ],
      [
        'takes two names that differ in case for two folders',
        'names.map((name) => name.toLowerCase())',
        'names',
      ],
    ],
  ),
  ...inFile(
    'exporter/endpoint',
    [exporter('config')],
    [
      ['keeps the password in the endpoint', "url.password = ''", ''],
      [
        'takes a password as it is written in a URL',
        'password ? decodeURIComponent(password)',
        'password ? password',
      ],
    ],
  ),
  ...inFile(
    'exporter/option-problems',
    [exporter('config')],
    [['shows a password in an error', "SECRET.test(at) ? 'a value not shown' : ", '']],
  ),
  ...inFile(
    'exporter/log',
    [exporter('log')],
    [
      [
        'writes a line for every failure',
        'else if (now() - lastSummary >= SUMMARY_EVERY_MS)',
        'else if (now() >= 0)',
      ],
      [
        'says nothing of rows that were dropped between two lines',
        'droppedSince} rows',
        'rows} rows',
      ],
      [
        "lets the application's logger stop a delivery",
        '      log[level](line)\n    } catch {}',
        '      log[level](line)\n    } finally {}',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline',
    [exporter('reentry')],
    [
      [
        'writes a span into the middle of another one',
        'this.#isAdding || isPending(span)',
        'isPending(span)',
      ],
      [
        'answers a flush that a getter asked for before the row is written',
        'if (this.#isAdding) await turn()',
        'if (false) await turn()',
      ],
    ],
  ),
  ...inFile(
    'exporter/clock',
    [exporter('fake-timers'), exporter('deadline')],
    [
      [
        'waits for timers that the test runner of the application has replaced',
        '  setTimeout,\n  clearTimeout,',
        '  setTimeout: (...args) => globalThis.setTimeout(...args),\n  clearTimeout,',
      ],
      [
        'waits for turns of an event loop that the test runner has replaced',
        '  setImmediate,\n  queueMicrotask',
        '  setImmediate: (callback) => globalThis.setImmediate(callback),\n  queueMicrotask',
      ],
    ],
  ),
  ...inFile(
    'exporter/deadline',
    [exporter('deadline')],
    [
      [
        'believes a deadline that came after a stall',
        'const parts = Math.max(1, Math.min(MAX_PARTS, Math.floor(ms / MIN_PART_MS)))',
        'const parts = 1',
      ],
      ['ends what was cancelled', 'if (!cancelled) expire()', 'expire()'],
    ],
  ),
]
