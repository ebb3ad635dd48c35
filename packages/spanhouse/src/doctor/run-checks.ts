import type { Check, Finding, Found } from './check.js'

const DEADLINE_MS = 15_000

export interface Watch {
  /** Ends the run. */
  readonly signal: AbortSignal
  /** A check begins. The returned function is called when it has ended. */
  begin(title: string): () => void
}

/**
 * Runs checks one after the other. A check that throws or exceeds its deadline is a problem, never the end of the run. `factsOf` gets a
 * function that says whether an earlier check passed; those in `before` have. Rejects only when the signal is aborted.
 */
export async function runChecks<Facts>(
  checks: readonly Check<Facts>[],
  factsOf: (passed: (check: string) => boolean) => Facts,
  { signal, begin }: Watch,
  before: readonly string[] = [],
): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  const passed = new Set(before)
  const facts = factsOf((check) => passed.has(check))
  const titles = new Map(checks.map(({ id, title }) => [id, title]))
  for (const check of checks) {
    const { id, title, needs = [] } = check
    const lacking = needs.find((one) => !passed.has(one))
    const end = begin(title)
    const found = lacking
      ? [notChecked(titles.get(lacking) ?? lacking)]
      : await ended(check, facts, signal)
    end()
    signal.throwIfAborted()
    if (found.every(isPassed)) passed.add(id)
    findings.push(...found.map((one) => ({ ...one, check: id, title })))
  }
  return findings
}

function isPassed({ level, blocks }: Found): boolean {
  return (level === 'ok' || level === 'warning') && blocks !== true
}

/** The beginning of the text of findings that the report puts on one line. */
export const NOT_CHECKED = 'not checked, because of: '

function notChecked(title: string): Found {
  return { level: 'skipped', text: `${NOT_CHECKED}${title}` }
}

async function ended<Facts>(
  check: Check<Facts>,
  facts: Facts,
  outer: AbortSignal,
): Promise<readonly Found[]> {
  const { deadlineMs = DEADLINE_MS } = check
  const aborter = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly Found[]>((resolve) => {
    timer = setTimeout(
      () =>
        resolve([
          { level: 'problem', text: `no result within ${deadlineMs / 1000} s`, fix: TOO_SLOW },
        ]),
      deadlineMs,
    )
    outer.addEventListener('abort', () => resolve([]), { once: true, signal: aborter.signal })
    if (outer.aborted) resolve([])
  })
  try {
    return await Promise.race([Promise.resolve(check.run(facts, aborter.signal)), late])
  } catch (error) {
    return [{ level: 'problem', text: `the check failed: ${(error as Error)?.message ?? error}` }]
  } finally {
    clearTimeout(timer)
    aborter.abort()
  }
}

const TOO_SLOW = 'Run it again; if it stays so, the disk or the server hangs.'
