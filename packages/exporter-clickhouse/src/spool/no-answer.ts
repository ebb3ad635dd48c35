/** How long somebody waits for the disk. It must not hang for them when the disk hangs. */
export const DEADLINE_MS = 5000

export function noAnswer(): Error {
  return new Error(`the disk did not answer within ${DEADLINE_MS} ms`)
}
