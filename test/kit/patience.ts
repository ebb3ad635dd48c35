// No test measures the machine: what is to happen is waited for, and how long it took goes into the figures.

/** For an event that comes in the end, on however slow a machine: whoever waits for so long waits in vain. */
export const PATIENT_MS = 60_000

/** A bound for what must not wait for something that takes ten seconds or for ever, such as a server that hangs. */
export const SOON_MS = 5000

/** "Within five seconds of a server's return" is the promise; on a machine that others keep busy it may take three times as long. */
export const RECOVERED_MS = 15_000

/** Flushes on however slow a machine: the ten seconds that a flush has by default are an application's. */
export function flushed(source: {
  forceFlush(options: { timeoutMs: number }): Promise<void>
}): Promise<void> {
  return source.forceFlush({ timeoutMs: PATIENT_MS })
}
