import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const shell = [exporter('span-processor'), exporter('span-exporter')]

export const EDGES = [
  ...inFile('exporter/traces/span-exporter', shell, [
    [
      'calls back twice',
      '      resultCallback(result),\n',
      '      (resultCallback(result), resultCallback(result)),\n',
    ],
    ['says that it took what every destination dropped', 'return taken ? ', 'return true ? '],
    ['takes spans after its shutdown', 'if (this.#pipeline.closed) return', 'if (false) return'],
  ]),
  ...inFile('exporter/traces/span-processor', shell, [
    ['takes spans that nobody sampled', ' && isSampled(span)', ''],
    [
      'lets a span throw that cannot say whether it was sampled',
      '} catch {\n    return true',
      '} catch (error) {\n    throw error',
    ],
  ]),
  ...inFile('exporter/pipeline/pipeline', shell, [
    ['leaves the open batch out of its account', 'stats.waiting += open', ''],
    ['flushes without what is not sealed yet', 'for (const lane of this.#lanes) lane.seal()', ''],
    ['shuts down a second time', 'this.#shutdown ??= ', 'this.#shutdown = '],
  ]),
  ...inFile(
    'exporter/pipeline/pipeline',
    [exporter('process-end')],
    [
      [
        'lets a dead server hold an ended script for a whole flush',
        '!isSafe && !destination.refusedEverything',
        '!isSafe',
      ],
      [
        'gives a server up that has taken rows before',
        'if (!isSafe && !destination.refusedEverything) await destination.safe(signal)',
        '',
      ],
      ['keeps a wrong environment to itself', 'diag.warn(', 'void ('],
      [
        'says nothing of what an ended script has lost',
        "destination.log.ended(destination.unsafeRows, 'the process ends')",
        '{}',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/holdings',
    [exporter('process-end')],
    [['warns of a destination that has taken rows', '    this.#with.log.delivered()\n', '']],
  ),
  ...inFile(
    'exporter/common/hook',
    [exporter('hook')],
    [
      [
        'lets a hook of the application stop a delivery',
        '    } catch (error) {\n      failed(error)',
        '    } catch (error) {\n      throw error',
      ],
      ['writes a line for every failure of a hook', '< LOG_EVERY_MS) return', '< 0) return'],
      [
        'does not say which hook failed',
        'diag.error(`spanhouse: ',
        'diag.error(`spanhouse: onDrop or ',
      ],
    ],
  ),
  ...inFile(
    'exporter/delivery/departures',
    [exporter('many')],
    [
      [
        'is taken for a leak',
        '      setMaxListeners(0, signal) // each destination and each divided batch adds a listener\n',
        '',
      ],
      ['leaves a listener for each batch', "signal.removeEventListener('abort', giveUp)", ''],
    ],
  ),
  ...inFile(
    'exporter/common/suppress-tracing',
    [exporter('suppress-tracing')],
    [
      [
        'traces its own requests where there is no context manager',
        'isSuppressed() ? work() : withAnyManager(work)',
        'work()',
      ],
      ['leaves its context manager behind', 'if (api.context === ours) delete api.context', ''],
      [
        'takes the place of the first to register',
        'if (api !== registered && Object.keys(api).length === 1) delete shared[API]',
        '',
      ],
      ['forgets the context around a call', 'this.#active = before', ''],
      ['overlooks a context manager of an older api', 'if (theirs) return', 'if (false) return'],
    ],
  ),
  ...inFile(
    'exporter/telemetry/first-rows',
    [exporter('first-rows')],
    [
      ['warns of a server that has come meanwhile', 'taken: stop', 'taken: () => {}'],
      ['leaves the number of lost rows out', '      isEnding = true\n', ''],
      ['does not warn after an end that lost nothing', '      isEnding = false\n', ''],
    ],
  ),
  ...inFile(
    'exporter/telemetry/visible-warning',
    [exporter('first-rows')],
    [['warns again and again', 'if (warned.has(subject) || ', 'if (']],
  ),
  ...inFile(
    'exporter/pipeline/flush-on-signal',
    [exporter('process-end')],
    [
      ['swallows a signal', 'process.kill(process.pid, signal)', 'void signal'],
      [
        'ends an application that handles the signal',
        'const left = others === deferringListeners()',
        'const left = true',
      ],
      ['comes after listeners that hear a signal once', 'prependListener', 'on'],
      ['hears only one signal', 'else if (registry.pipelines.size > 0) listen(registry)', ''],
      ['hears a signal twice', '  ignore(registry) // it already', '  // it already'],
      ['swallows a second signal', '      else ignore(registry)\n', ''],
    ],
  ),
  ...inFile(
    'exporter/traces/misplaced',
    [exporter('misplaced')],
    [
      ['says at every span that it is no processor', 'if (reported.has(text)) return', ''],
      ['does not say that it is no processor', 'onStart: explain, ', ''],
      ['does not fail the exports of a processor', 'resultCallback({ code: 1', 'void ({ code: 1'],
    ],
  ),
  ...inFile(
    'exporter/config/option-hints',
    [exporter('option-mistakes')],
    [
      ['guesses wildly', 'const MAX_DISTANCE = 2', 'const MAX_DISTANCE = 9'],
      ['knows no word but its own', 'Object.hasOwn(ELSEWHERE, written)', 'false'],
    ],
  ),
  ...inFile(
    'exporter/config/units',
    [exporter('option-mistakes')],
    [
      ['takes a day for an hour', 'each(86_400,', 'each(3600,'],
      ['takes seconds for milliseconds', 'seconds * 1000]', 'seconds]'],
    ],
  ),
  ...inFile(
    'exporter/config/option-rules',
    [exporter('option-mistakes')],
    [['makes a table with a dot in its name', 'return table === undefined', 'return undefined']],
  ),
  ...inFile(
    'exporter/config/consistency',
    [exporter('option-mistakes')],
    [
      ['takes an agent of the other protocol', ' || own === protocol', ' || true'],
      ["refuses a proxy's agent", "return typeof own !== 'string' || own === ''", 'return false'],
    ],
  ),
  ...inFile(
    'exporter/pipeline/before-exit',
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
    'exporter/delivery/dead-letters',
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
        "token: insert.settings['insert_deduplication_token'] ?? '',\n      }),",
        "token: '',\n      }),",
      ],
    ],
  ),
  ...inFile(
    'exporter/config/parse-config',
    [exporter('config')],
    [
      [
        'prefers the environment to the code',
        'merge(environment.options, code.options)',
        'merge(code.options, environment.options)',
      ],
      [
        'reports one problem of several',
        'throw new ConfigError([...code.problems, ...problems])',
        'throw new ConfigError(code.problems)',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/sources/environment',
    [exporter('config')],
    [
      [
        'lets a wrong environment keep an application from starting',
        '. It is ignored, as if it were not set.`)',
        '`)\n    if (problem !== undefined) throw new Error(problem)',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/merge',
    [exporter('config')],
    [
      [
        "sends one destination's password to the server of another",
        "delete merged['password']",
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/defaults',
    [exporter('config')],
    [
      [
        'sends equal batches apart if their limits were written in another order',
        'const complete = bare()',
        'const complete = bare(options)',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/consistency',
    [exporter('config'), exporter('config-names')],
    [
      [
        'takes two names that differ in case for two folders',
        'names.map((name) => name.toLowerCase())',
        'names',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/option-table',
    [exporter('option-table'), exporter('config')],
    [
      [
        'has another default than it says',
        'default: 64 * MiB },\n      whenFull',
        'default: 32 * MiB },\n      whenFull',
      ],
      [
        'shows what the headers hold',
        'textOrEmpty(headerValueProblem)),\n    default: {},\n    isSecret: true,',
        'textOrEmpty(headerValueProblem)),\n    default: {},',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/endpoint',
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
    'exporter/config/option-problems',
    [exporter('config')],
    [['shows a password in an error', "isSecret ? 'a value not shown' : ", '']],
  ),
  ...inFile(
    'exporter/telemetry/log',
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
    'exporter/pipeline/pipeline',
    [exporter('reentry')],
    [
      [
        'writes a span into the middle of another one',
        'this.#isAdding || isPending(record)',
        'isPending(record)',
      ],
      [
        'answers a flush that a getter asked for before the row is written',
        'if (this.#isAdding) await turn()',
        'if (false) await turn()',
      ],
    ],
  ),
  ...inFile(
    'exporter/common/clock',
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
    'exporter/common/deadline',
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
