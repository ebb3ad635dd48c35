import type { Section } from '../examine.js'
import type { Mended } from '../mend.js'
import { remedyText } from '../remedy.js'
import { countsOf, exitCodeOf } from './verdict.js'

/**
 * The report as JSON, for programs. Fields are added in later versions, but never renamed or removed while `format` is 1:
 *
 *     {
 *       "format": 1,
 *       "exitCode": 0 | 1 | 2,                 // all ok, warnings, problems
 *       "counts": { "ok": 1, "warning": 0, "problem": 0, "skipped": 0 },
 *       "findings": [{
 *         "check": "dns",                      // an id that stays the same
 *         "destination": "primary" | null,     // null: the application
 *         "host": "http://ch2:8123" | null,    // null: the application, or the first host
 *         "level": "ok" | "warning" | "problem" | "skipped",
 *         "text": "…", "fix": "…" | null,      // for people: these texts change
 *         "commands": [{ "kind": "sql" | "folder" | "program", "text": "…", "isSafe": true }]
 *       }],
 *       "mended": null | [{ "text": "…", "result": "done" | "failed" | "left", "error": "…" | null }]
 *     }
 *
 * `commands` are what `--fix` offers; with `--fix --yes`, `mended` says what was run. The findings are then those after it.
 */
export function reportAsJson(
  sections: readonly Section[],
  mended: readonly Mended[] | undefined,
): string {
  const counts = countsOf(sections)
  const report = {
    format: 1,
    exitCode: exitCodeOf(counts),
    counts,
    findings: sections.flatMap(({ destination, host, findings }) =>
      findings.map(({ check, level, text, fix, commands }) => ({
        check,
        destination: destination ?? null,
        host: host ?? null,
        level,
        text,
        fix: fix ?? null,
        commands: (commands ?? []).map((one) => ({
          kind: one.kind,
          text: remedyText(one),
          isSafe: one.isSafe,
        })),
      })),
    ),
    mended:
      mended?.map(({ remedy, result, error }) => ({
        text: remedyText(remedy),
        result,
        error: error ?? null,
      })) ?? null,
  }
  return `${JSON.stringify(report, null, 2)}\n`
}
