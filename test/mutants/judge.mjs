import { allTestsOf, projectsOf } from './test-files.mjs'
import { runTests } from './vitest-run.mjs'

// A test that waits in vain fails at its own limit, twice: this only ends what hangs beyond that.
const NAMED_DEADLINE_MS = 300_000
const ALL_DEADLINE_MS = 600_000
const AT_IMPORT = "throw new Error('broken on purpose')\n"

/**
 * Says of breakages what the tests make of them: `killed` (by a test), `survived`, `timed out`, `did not start` (it is no code
 * that can be loaded), `not loaded` (no test runs the file at all).
 */
export function judgeIn(copy, { quick = false } = {}) {
  const named = (files) => run(files, NAMED_DEADLINE_MS)
  const all = (file) => run(allTestsOf(copy.folder, file), ALL_DEADLINE_MS)
  const run = (files, deadlineMs) =>
    runTests(copy.folder, { projects: projectsOf(files), files, deadlineMs })
  const whole = new Set()

  /** Before a test can kill anything it must pass. */
  async function mustPass(result, what) {
    const { status, test, why } = await result
    if (status !== 'passed')
      throw new Error(`Unbroken, ${what} must pass, but: ${status} ${test ?? why ?? ''}`)
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
    /** Of tests that pass unbroken and break when what they test throws at import. */
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
        throw new Error(`${file} throws at import, and the tests that load it: ${status}`)
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

/** Throws unless what is to be broken stands in the file exactly once: a list that is out of date proves nothing. */
export function breakText(text, { name, file, from, to }) {
  const pieces = text.split(from)
  if (pieces.length !== 2)
    throw new Error(`"${name}": ${pieces.length - 1} times in ${file}, not once:\n${from}`)
  return pieces.join(to)
}
