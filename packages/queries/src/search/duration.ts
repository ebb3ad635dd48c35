const UNITS = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 } as const

/** `500ms`, `1.5s`, `2m`; a number alone is milliseconds. Undefined if it is no duration. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,15})?)(ns|[uµμ]s|ms|s|m|h)?$/i.exec(text.trim())
  if (!match) return undefined
  const unit = (match[2]?.toLowerCase() ?? 'ms') as keyof typeof UNITS
  return Math.round(Number(match[1]) * UNITS[unit])
}

/** As `parseDuration` reads it, exactly. */
export function durationSource(ns: number): string {
  const whole = Math.max(0, Math.round(ns))
  for (const unit of ['s', 'ms', 'us'] as const)
    if (whole > 0 && whole % UNITS[unit] === 0) return `${whole / UNITS[unit]}${unit}`
  return `${whole}ns`
}
