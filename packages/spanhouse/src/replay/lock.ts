import { readFile, rm, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { CommandError } from '../terminal/command-error.js'
import type { ShowPath } from '../terminal/shown-path.js'

/** Makes sure that only one process works on a file. Resolves with a function that releases the lock. The lock of a killed process is taken over. */
export async function lock(path: string, show: ShowPath): Promise<() => Promise<void>> {
  const file = `${path}.lock`
  const own = `${hostname()} ${process.pid}`
  for (let tries = 0; ; tries++)
    try {
      await writeFile(file, own, { flag: 'wx', mode: 0o600 })
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 0) throw error
      const holder = await readFile(file, 'utf8').catch(() => '')
      const [host, pid] = holder.split(' ')
      if (holder !== '' && (host !== hostname() || isAlive(Number(pid))))
        throw new CommandError(
          `Another spanhouse replay (process ${pid} on ${host}) works on ${show(path)}. If it has ended, delete ${show(file)}.`,
        )
      await rm(file, { force: true })
    }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
