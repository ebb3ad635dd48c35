import { allTestsOf, projectsOf } from './test-files.mjs'
import { runTests } from './vitest-run.mjs'

// A test that waits in vain fails at its own limit, twice. These deadlines only end runs that hang longer.
const NAMED_DEADLINE_MS = 300_000
const ALL_DEADLINE_MS = 600_000
const AT_IMPORT = "throw new Error('broken on purpose')\n"

/**
 * Runs the tests on breakages and gives a verdict on each: `killed` (by a test), `survived`, `timed out`, `did not start` (the
 * code cannot be loaded), `not loaded` (no test loads the file).
 */
export function judgeIn(copy, { quick = false } = {}) {
  const named = (files) => run(files, NAMED_DEADLINE_MS)
  const all = (file) => run(allTestsOf(copy.folder, file), ALL_DEADLINE_MS)
  const run = (files, deadlineMs) =>
    runTests(copy.folder, { projects: projectsOf(files), files, deadlineMs })
  const whole = new Set()

  /** A test must pass on the unbroken code before it can kill anything. */
  async function mustPass(result, what) {
    const { status, test, why } = await result
    if (status !== 'passed')
      throw new Error(
        `On the unbroken code ${what} must pass, but the result is: ${status} ${test ?? why ?? ''}`,
      )
  }

  async function broken(file, text, test) {
    const restore = copy.change(file, text)
    try {
      return await test()
    } finally {
      restore()
    }
  }

  /** Whether the tests notice that a file cannot be loaded at all. */
  async function isLoaded(file, files) {
    const { status } = await broken(
      file,
      (text) => AT_IMPORT + text,
      () => named(files),
    )
    return status !== 'passed'
  }

  return {
    /** Checks that the tests pass on the unbroken code, and that they do not start when the first file throws at import. */
    async check(breakages) {
      const tests = [...new Set(breakages.flatMap(({ tests }) => tests))]
      await mustPass(run(tests, ALL_DEADLINE_MS), 'the tests')
      const [{ file, tests: itsTests }] = breakages
      const { status } = await broken(
        file,
        (text) => AT_IMPORT + text,
        () => named(itsTests),
      )
      if (status !== 'did not start')
        throw new Error(
          `${file} throws at import, but the result of the tests that load it is: ${status}`,
        )
    },

    async verdictOn(breakage) {
      const { file, tests } = breakage
      const text = (before) => breakText(before, breakage)
      const first = await broken(file, text, () => named(tests))
      if (first.status !== 'passed') return verdict(first)
      if (!(await isLoaded(file, tests))) return { verdict: 'not loaded' }
      if (quick) return verdict(first)
      const everything = allTestsOf(copy.folder, file).join()
      if (!whole.has(everything)) await mustPass(all(file), `all tests of ${file}`)
      whole.add(everything)
      return verdict(await broken(file, text, () => all(file)))
    },
  }
}

const VERDICTS = { passed: 'survived', failed: 'killed' }

function verdict({ status, test, why }) {
  return { verdict: VERDICTS[status] ?? status, ...(test && { by: test }), ...(why && { why }) }
}

/** Throws unless `from` occurs in the file exactly once: a list that is out of date proves nothing. */
export function breakText(text, { name, file, from, to }) {
  const pieces = text.split(from)
  if (pieces.length !== 2)
    throw new Error(
      `"${name}": this text occurs ${pieces.length - 1} times in ${file}, not once:\n${from}`,
    )
  return pieces.join(to)
}
