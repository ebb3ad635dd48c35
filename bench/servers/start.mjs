import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** Starts a server of this folder in a process of its own; `said` is the line it prints. It ends when it is stopped, or with us. */
export async function startServer(file, { args = [], pin = [] } = {}) {
  const [command, ...rest] = [
    ...pin,
    process.execPath,
    fileURLToPath(new URL(file, import.meta.url)),
    ...args,
  ]
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })
  const [said] = await once(createInterface(child.stdout), 'line')
  return { said, stop: () => child.stdin.end() }
}
