/**
 * Whether a name that is not known looks like one of an option that says what must not reach a destination: `REDACT_PATTERNS`, or
 * `PRIMARY_FILTER`. It was probably meant to withhold something, so it must not be ignored.
 */
export function looksWithholding(name: string): boolean {
  return /redact|filter|origin/i.test(name)
}
