/** In milliseconds. */
const UNITS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
}
/** What the answer needs to reach the client. */
const MARGIN_MS = 200

/** How long a client waits, by its `grpc-timeout`, less what the answer needs; at most `otherwise`. In milliseconds. */
export function holdOf(timeout: string | undefined, otherwise: number): number {
  const [, digits = '', unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(timeout ?? '') ?? []
  const factor = UNITS[unit]
  if (factor === undefined) return otherwise
  const ms = Number(digits) * factor
  return Math.min(otherwise, Math.max(0, ms - Math.min(MARGIN_MS, ms / 2)))
}
