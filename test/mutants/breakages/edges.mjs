import { exporter } from '../test-files.mjs'
import { inFile } from './in-file.mjs'

const shell = [exporter('span-processor'), exporter('span-exporter'), exporter('flush')]

export const EDGES = [
  ...inFile('exporter/pipeline/exports', shell, [
    [
      'calls the callback of an export twice',
      '=> resultCallback(result),\n',
      '=> (resultCallback(result), resultCallback(result)),\n',
    ],
    [
      'reports success for spans that every destination dropped',
      'return taken ? ',
      'return true ? ',
    ],
    ['accepts spans after its shutdown', 'if (pipeline.closed) return', 'if (false) return'],
  ]),
  ...inFile('exporter/traces/span-processor', shell, [
    ['accepts spans that were not sampled', ' && isSampled(span)', ''],
  ]),
  ...inFile('exporter/traces/sampled', shell, [
    [
      'throws when the sampling flag of a span cannot be read',
      '} catch {\n    return true',
      '} catch (error) {\n    throw error',
    ],
  ]),
  ...inFile('exporter/pipeline/stats-of', shell, [
    ['does not count the open batch as waiting', 'stats.waiting += open', ''],
  ]),
  ...inFile(
    'exporter/accounting/alterations',
    [exporter('accounting/alterations')],
    [
      [
        'does not count what was altered in values that rows have in common',
        'if (common) addTally(this.tally, common, rows)',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/lane',
    [exporter('accounting/alterations')],
    [
      [
        'counts what was altered in a row once more when it begins the next batch',
        'Object.assign(tally, counted)',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/lane',
    [exporter('equal-batches')],
    [
      [
        'takes equal rows with redacted ids for the same rows',
        ' && tally.invalidIds === invalidIds',
        '',
      ],
      [
        'takes equal rows without ids for the same rows',
        'batcher.isUnique = sheet.hasIds(record)',
        'batcher.isUnique = true',
      ],
      [
        'takes equal rows that dispatch made for the same rows',
        'sheet.hasIds && tally',
        '(sheet.hasIds ??= () => true) && tally',
      ],
    ],
  ),
  ...inFile(
    'exporter/accounting/parcel',
    [exporter('parcels')],
    [['numbers the batches of all lanes together', 'lane === undefined ? ', 'true ? ']],
  ),
  ...inFile(
    'exporter/pipeline/lanes',
    [exporter('parcels')],
    [
      [
        'calls the batches of a lane otherwise when there is one lane less',
        'index === 0 ? undefined : first.name',
        'index === 0 ? undefined : String(index)',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/lane',
    [exporter('parcels')],
    [
      [
        'puts a row of an earlier request among those of the request that decides about it',
        'else this.#adding = undefined',
        '',
      ],
      [
        'puts rows that were held back among those that their own record decides about',
        'return this.#isLate ? this.#late : this.#open',
        'return this.#open',
      ],
      [
        'does not seal rows that were held back when all open batches are too large',
        '    this.#strays.seal()\n    if (this.#parcel)',
        '    if (this.#parcel)',
      ],
    ],
  ),
  ...inFile(
    'exporter/routing/router',
    [exporter('accounting/alterations')],
    [['does not count what was altered in rows for dispatch', 'else usual.taken()', '']],
  ),
  ...inFile(
    'exporter/routing/guarded-hook',
    [exporter('routing/slow-hooks')],
    [
      ['does not count slow calls', '      report.slow()\n', ''],
      [
        'does not name a function that takes long in many short calls',
        'period.ms < MOST_IN_PERIOD_MS',
        'true',
      ],
    ],
  ),
  ...inFile('exporter/pipeline/pipeline', shell, [
    ['flushes without the open batches', '        lane.seal()\n', ''],
    ['shuts down a second time', 'this.#shutdown ??= ', 'this.#shutdown = '],
  ]),
  ...inFile(
    'exporter/pipeline/arrivals',
    [exporter('routing/routing')],
    [
      [
        'writes the row of a record that was decided elsewhere into the middle of another row',
        'if (!this.#isWriting) {\n      this.#isWriting = true',
        'if (true) {\n      this.#isWriting = true',
      ],
      [
        'writes the row of a span into the row of a span that waited for its trace',
        'if (!this.#isWriting) {\n      this.#isWriting = true',
        'if (!this.#isWriting) {',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/pipeline',
    [exporter('process-end')],
    [
      [
        'lets a dead server delay the end of a script for a whole flush',
        '!isSafe && !destination.refusedEverything',
        '!isSafe',
      ],
      [
        'gives up a server that has accepted rows before',
        'if (!isSafe && !destination.refusedEverything) await destination.safe(signal)',
        '',
      ],
      [
        'does not log the rows that an ended script has lost',
        "destination.log.ended(goesOn ? 0 : destination.unsafeRows, 'the process ends')",
        '{}',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/announce',
    [exporter('process-end')],
    [['does not warn about wrong environment variables', 'diag.warn(', 'void (']],
  ),
  ...inFile(
    'exporter/delivery/holdings',
    [exporter('process-end')],
    [
      [
        'warns about a destination although it has accepted rows',
        '    this.#with.log.delivered()\n',
        '',
      ],
    ],
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
      ['logs a line for every failure of a hook', '< LOG_EVERY_MS) return', '< 0) return'],
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
        'triggers the warning of Node.js about a leak of listeners',
        '      setMaxListeners(0, signal) // each destination and each divided batch adds a listener\n',
        '',
      ],
      [
        'leaves a listener behind for each batch',
        "signal.removeEventListener('abort', giveUp)",
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/common/suppress-tracing',
    [exporter('suppress-tracing')],
    [
      [
        'traces its own requests when there is no context manager',
        'isSuppressed() ? work() : withAnyManager(work)',
        'work()',
      ],
      ['leaves its context manager registered', 'if (api.context === ours) delete api.context', ''],
      [
        'registers itself in the place of the first API that the application registers',
        'if (api !== registered && Object.keys(api).length === 1) delete shared[API]',
        '',
      ],
      ['does not restore the context around a call', 'this.#active = before', ''],
      ['overlooks a context manager of an older API', 'if (theirs) return', 'if (false) return'],
    ],
  ),
  ...inFile(
    'exporter/telemetry/first-rows',
    [exporter('first-rows')],
    [
      [
        'warns about a server that has accepted rows meanwhile',
        '      hasTaken = true\n      stop()',
        '      hasTaken = true',
      ],
      ['says that dropped rows are kept', 'waiting > 0 ? ', 'true ? '],
      ['leaves out the number of lost rows', '      endings++\n', ''],
      [
        'never warns again after an ending that lost no rows',
        'endings = Math.max(endings - 1, 0)\n      if (endings > 0) return',
        '',
      ],
    ],
  ),
  ...inFile(
    'exporter/telemetry/visible-warning',
    [exporter('first-rows')],
    [['repeats the same warning', 'if (warned.has(subject) || ', 'if (']],
  ),
  ...inFile(
    'exporter/lifetime/flush-on-signal',
    [exporter('process-end')],
    [
      ['swallows a signal', 'process.kill(process.pid, signal)', 'void signal'],
      [
        'ends an application that handles the signal itself',
        'const left = others === deferringListeners()',
        'const left = true',
      ],
      ['adds its signal listener behind those added with once()', 'prependListener', 'on'],
      [
        'reacts only to the first signal',
        'else if (registry.pipelines.size > 0) listen(registry)',
        '',
      ],
      ['handles one signal twice', '  ignore(registry) // it already', '  // it already'],
      ['swallows a second signal', '      else ignore(registry)\n', ''],
    ],
  ),
  ...inFile(
    'exporter/telemetry/misplaced',
    [exporter('misplaced')],
    [
      ['reports for every span that it is not a processor', 'if (reported.has(text)) return', ''],
      ['does not report that it is not a processor', '      report(text)\n', ''],
      [
        'makes instruments throw because a reader is none',
        'define(this, key, value)',
        'void [key, value]',
      ],
      [
        'does not fail the exports when a processor is used as an exporter',
        'resultCallback({ code: 1',
        'void ({ code: 1',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/option-hints',
    [exporter('option-mistakes')],
    [
      [
        'suggests option names that are not similar',
        'const MAX_DISTANCE = 2',
        'const MAX_DISTANCE = 9',
      ],
      [
        'does not recognise the option names of other libraries',
        'Object.hasOwn(ELSEWHERE, written)',
        'false',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/units',
    [exporter('option-mistakes')],
    [
      ['reads a day as an hour', 'each(86_400,', 'each(3600,'],
      ['reads seconds as milliseconds', 'seconds * 1000]', 'seconds]'],
    ],
  ),
  ...inFile(
    'exporter/config/option-rules',
    [exporter('option-mistakes')],
    [['creates a table with a dot in its name', 'return table === undefined', 'return undefined']],
  ),
  ...inFile(
    'exporter/config/consistency',
    [exporter('option-mistakes')],
    [
      ['accepts an agent of the other protocol', ' || own === protocol', ' || true'],
      ["refuses a proxy's agent", "return typeof own !== 'string' || own === ''", 'return false'],
    ],
  ),
  ...inFile(
    'exporter/lifetime/before-exit',
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
        'writes dead letters without a size limit',
        '> maxBytes)\n      throw',
        '> Number.POSITIVE_INFINITY)\n      throw',
      ],
      [
        'does not report a table that refuses dead letters',
        "if (outcome.status !== 'delivered') throw outcome.error",
        '',
      ],
      ['appends a dead letter to one that was cut short', 'await isTorn(fs, file, size)', 'false'],
      [
        'lets every user read dead letters',
        'appendFile(file, text, { mode: 0o600 })',
        'appendFile(file, text)',
      ],
      [
        'waits for a hanging disk without a deadline',
        'await within(KEEP_DEADLINE_MS, work, { ref: false })',
        'await work(new AbortController().signal)',
      ],
      ['holds letters for a disk that hangs', 'if (isOverdue) return', 'if (false) return'],
      [
        'writes dead letters to a table without their deduplication token',
        "token: insert.settings['insert_deduplication_token'] ?? '',\n      }),",
        "token: '',\n      }),",
      ],
    ],
  ),
  ...inFile(
    'exporter/config/gather',
    [exporter('config'), exporter('config-values'), exporter('layers'), exporter('environment')],
    [
      ['prefers the environment to the code', '[file, layer, code]', '[file, code, layer]'],
      ['prefers the file to the environment', '[file, layer, code]', '[layer, file, code]'],
      [
        'reports only some of several problems',
        'problems: [...mistakes, ...inUrls.problems, ...found.map(({ text }) => text)]',
        'problems: [...mistakes, ...inUrls.problems]',
      ],
      [
        'lets variables that contradict each other keep an application from starting',
        'if (contradicting.length > 0) continue',
        '',
      ],
      [
        'ends an application because a variable names a destination without an endpoint',
        'layer: { ...environment, list: kept.length > 0 ? kept : undefined }',
        'layer: environment',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/sources/environment',
    [exporter('config'), exporter('environment')],
    [
      [
        'lets a wrong environment variable keep an application from starting',
        'wrong(value.problem)\n    return',
        'throw new Error(value.problem)',
      ],
      ['does not report an unknown variable', 'else reading.doubts.push(doubt)', ''],
    ],
  ),
  ...inFile(
    'exporter/config/sources/environment',
    [exporter('unreadable-variables')],
    [
      [
        'sends without the redaction that a variable was meant to give',
        'if (target.option.withholds) stop(doubt, path, destination, reading)',
        'if (false) stop(doubt, path, destination, reading)',
      ],
      [
        'ignores a misspelt variable of redaction',
        'else if (!instead && looksWithholding(name))',
        'else if (false)',
      ],
      [
        'takes a variable for what it may mean, although it may withhold something elsewhere',
        'for (const other of withholding) stop(',
        'for (const other of withholding) void (',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/lane-router',
    [exporter('stopped-destination')],
    [
      [
        'sends to a destination although it is not known what must not reach it',
        'if (stopped !== undefined)',
        'if (false)',
      ],
    ],
  ),
  ...inFile(
    'exporter/pipeline/spools',
    [exporter('stopped-destination')],
    [
      [
        'sends what waits on disk for a destination that gets nothing',
        'filter(({ stopped }) => stopped === undefined)',
        'filter(() => true)',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/sources/variable-value',
    [exporter('environment')],
    [['waits forever for a pipe in place of a file', 'if (!stats.isFile())', 'if (false)']],
  ),
  ...inFile(
    'exporter/config/sources/variable-text',
    [exporter('environment')],
    [['keeps the line end of a secret in a file', "text.replace(/[\\r\\n]+$/, '')", 'text']],
  ),
  ...inFile(
    'exporter/config/layers',
    [exporter('config'), exporter('layers')],
    [
      [
        "sends one destination's password to the server of another",
        'over.inUrl ? without(base.options, over.inUrl) : base.options',
        'base.options',
      ],
      [
        'keeps what the URL of another server carried',
        'inUrl: over.inUrl ?? base.inUrl',
        'inUrl: mergeViews(base.inUrl ?? {}, over.inUrl ?? {})',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/merge',
    [exporter('config'), exporter('layers')],
    [['mixes the two forms of dead letters', 'return isWhole ? over :', 'return']],
  ),
  ...inFile(
    'exporter/config/defaults',
    [exporter('config')],
    [
      [
        'builds two batches for equal limits that are written in a different order',
        'const complete = bareTree()',
        'const complete = bareTree(given)',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/consistency',
    [exporter('config'), exporter('config-names')],
    [
      [
        'accepts two names that differ only in case as two folders',
        'names.map((name) => name.toLowerCase())',
        'names',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/shared-option-table',
    [exporter('option-table'), exporter('config')],
    [
      [
        'uses another default than it states',
        'default: 64 * MiB },\n      whenFull',
        'default: 32 * MiB },\n      whenFull',
      ],
      [
        'shows the values of the headers',
        'textOrEmpty(headerValueProblem)),\n    default: {},\n    isSecret: true,',
        'textOrEmpty(headerValueProblem)),\n    default: {},',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/endpoint-url',
    [exporter('endpoint')],
    [
      ['keeps the password in the endpoint', "url.password = ''", ''],
      [
        'does not decode a password in a URL',
        'password ? decodeURIComponent(password)',
        'password ? password',
      ],
    ],
  ),
  ...inFile(
    'exporter/config/option-problems',
    [exporter('config-values')],
    [['shows a password in an error', "isSecret ? 'a value not shown' : ", '']],
  ),
  ...inFile(
    'exporter/telemetry/outage',
    [exporter('log'), exporter('server-log')],
    [
      [
        'logs a line for every failure',
        'else if (now() - lastSummary >= SUMMARY_EVERY_MS)',
        'else if (now() >= 0)',
      ],
      ['says twice that a server is back', '      since = undefined\n', ''],
    ],
  ),
  ...inFile(
    'exporter/telemetry/log',
    [exporter('log'), exporter('server-log')],
    [
      ['does not log rows that were dropped between two lines', 'lost} rows (', 'rows} rows ('],
      [
        'complains of a dead server for each signal',
        'const open = isShared ? outage : own',
        'const open = own',
      ],
      [
        'complains of a dead server and of its table',
        'outage.isOpen || (isOfServer && !own.isOpen)',
        'isOfServer',
      ],
      ['repeats for each signal what is so for the server', 'if (said.has(line)) return', ''],
      [
        'warns everybody of a server that takes other signals',
        'const isOwn = server.hasTaken || own.isBlamed',
        'const isOwn = false',
      ],
      ['says for each signal what a process.exit() loses', 'exits.splice(0)', 'exits.splice(0, 1)'],
    ],
  ),
  ...inFile(
    'exporter/telemetry/guarded-logger',
    [exporter('log')],
    [
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
        "writes a span into the middle of another span's row",
        'this.#arrivals.isWriting || isPending(record)',
        'isPending(record)',
      ],
      [
        'answers a flush that a getter called before the row is written',
        'if (this.#arrivals.isWriting) await turn()',
        'if (false) await turn()',
      ],
    ],
  ),
  ...inFile(
    'exporter/common/clock',
    [exporter('fake-timers'), exporter('deadline')],
    [
      [
        "uses timers that the application's test runner has replaced",
        '  setTimeout,\n  clearTimeout,',
        '  setTimeout: (...args) => globalThis.setTimeout(...args),\n  clearTimeout,',
      ],
      [
        "uses setImmediate() although the application's test runner has replaced it",
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
        'counts a stall of the event loop as time towards a deadline',
        'const parts = Math.max(1, Math.min(MAX_PARTS, Math.floor(ms / MIN_PART_MS)))',
        'const parts = 1',
      ],
      ['expires a deadline that was cancelled', 'if (!cancelled) expire()', 'expire()'],
    ],
  ),
]
