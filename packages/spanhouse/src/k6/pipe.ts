import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { keepPipe } from './pipe-keeper.js'

/** A named pipe in a folder of its own, which only this user can open. */
export interface NamedPipe {
  readonly path: string
  /** For other files that belong to it. */
  readonly directory: string
  /** What is written into it. Ends once `close()` was called and no other process has it open for writing. */
  readonly input: NodeJS.ReadableStream
  close(): void
  /** Removes pipe and folder. */
  remove(): Promise<void>
}

/** Needs the program `mkfifo`, which every POSIX system has. */
export async function openPipe(): Promise<NamedPipe> {
  const directory = await mkdtemp(join(tmpdir(), 'spanhouse-k6-'))
  const path = join(directory, 'samples')
  const removeNow = () => rmSync(directory, { recursive: true, force: true })
  process.once('exit', removeNow)
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', path])
    // Opened without waiting for a writer. A writer of our own keeps it from ending before k6 has opened it, and between its outputs.
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    let writer: number | undefined = openSync(path, constants.O_WRONLY)
    const endKeeper = keepPipe(path, directory)
    const input = new Socket({ fd: reader, readable: true, writable: false })
    const close = () => {
      if (writer !== undefined) closeSync(writer)
      writer = undefined
    }
    return {
      path,
      directory,
      input,
      close,
      async remove() {
        process.off('exit', removeNow)
        endKeeper()
        close()
        input.destroy()
        await rm(directory, { recursive: true, force: true })
      },
    }
  } catch (error) {
    process.off('exit', removeNow)
    removeNow()
    throw error
  }
}
