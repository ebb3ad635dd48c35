import { isConfigured, type Source, type Surroundings, sourceFor } from '../config/source.js'
import { notesFor } from './data-folder.js'
import { findRunning, type RunningServer } from './running-server.js'

export interface SourceToRead extends Source {
  /** The `spanhouse dev` that has started this ClickHouse. */
  readonly startedBy?: number
  /** Whether nothing names a ClickHouse and none was found, so that this is the usual address. */
  readonly isGuess?: boolean
}

type Around = Surroundings & { readonly cwd: string }

/**
 * The ClickHouse that the command line or the exporter's configuration names, else the one that `spanhouse dev` has started for this
 * project, else the one at the exporter's default address.
 */
export async function sourceToRead(around: Around): Promise<SourceToRead> {
  const { values, env } = around
  const running = isNamed(around) ? undefined : await serverOfDev(around)
  if (!running) return { ...sourceFor(around), isGuess: !isNamed(around) }
  const { target, logs } = sourceFor({ values: { ...values, endpoint: running.url }, env })
  return {
    connection: { url: running.url, username: 'default', password: '', headers: {}, tls: {} },
    target,
    logs,
    warnings: [],
    startedBy: running.pid,
  }
}

/** What `spanhouse dev` runs in the project of this folder, or in one that contains it. */
export async function serverOfDev({
  env,
  cwd,
}: Pick<Around, 'env' | 'cwd'>): Promise<RunningServer | undefined> {
  for (const file of notesFor({ env, cwd })) {
    const running = await findRunning(file)
    if (running) return running
  }
  return undefined
}

function isNamed({ values, env }: Around): boolean {
  return values['endpoint'] !== undefined || values['user'] !== undefined || isConfigured(env)
}
