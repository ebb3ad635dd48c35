import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Returns a function that tells whether the program that started this one has ended. */
export function watchParents(): () => boolean {
  const parent = process.ppid
  // `npx` and `npm run` start a shell that starts this program. If npm is killed, the shell and this program go on.
  const npm = process.env['npm_lifecycle_event'] === undefined ? undefined : parentOf(parent)
  return () => process.ppid !== parent || (npm !== undefined && !isAlive(npm))
}

function parentOf(pid: number): number | undefined {
  try {
    const ppid =
      process.platform === 'linux'
        ? /.*\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
        : execFileSync('ps', ['-o', 'ppid=', '-p', `${pid}`], { encoding: 'utf8', timeout: 2000 })
    return Number(ppid) || undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
