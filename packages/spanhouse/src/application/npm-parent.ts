const LOOK_MS = 500

/**
 * Calls `then` once the shell that npm or npx has started us with is gone. npm passes a signal on to that shell only, which ends without
 * telling us; then nobody could end us any more. Does not keep the process alive.
 */
export function onLostShell(env: NodeJS.ProcessEnv, then: () => void): void {
  if (env['npm_lifecycle_event'] === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    then()
  }, LOOK_MS)
  timer.unref()
}
