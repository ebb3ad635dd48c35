import { runChild } from '../application/child.js'
import { type ChildOptions, childEnvironment } from '../application/environment.js'
import type { Context } from './command.js'

/** Starts the command after `--`, registered, and resolves with its exit code. */
export function runRegistered(
  { rest, env, cwd, signal }: Context,
  options: Pick<ChildOptions, 'endpoint' | 'username' | 'isLocal' | 'isQuick'>,
): Promise<number> {
  return runChild({
    command: rest,
    env: childEnvironment({ env, cwd, command: rest, ...options }),
    cwd,
    signal,
  })
}
