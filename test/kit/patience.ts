// Tests do not measure the machine: they wait for the event, and how long it took is recorded as a figure.

/** For an event that happens eventually, however slow the machine: after this long it will not happen any more. */
export const PATIENT_MS = 60_000

/** A bound for what must not wait for something that takes ten seconds or never ends, such as a server that hangs. */
export const SOON_MS = 5000

/** The promise is "within five seconds of a server's return"; on a busy machine it may take three times as long. */
export const RECOVERED_MS = 15_000

/** Flushes, however slow the machine: the default of ten seconds is meant for applications. */
export function flushed(source: {
  forceFlush(options: { timeoutMs: number }): Promise<void>
}): Promise<void> {
  return source.forceFlush({ timeoutMs: PATIENT_MS })
}
