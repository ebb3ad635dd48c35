import { main } from '../../packages/spanhouse/src/commands/main.js'
import type { Output } from '../../packages/spanhouse/src/terminal/output.js'
import { memoryOutput } from './memory-output.js'

export interface DoctorFinding {
  readonly check: string
  readonly destination: string | null
  /** Null: the first one. */
  readonly host: string | null
  readonly level: 'ok' | 'warning' | 'problem' | 'skipped'
  readonly text: string
  readonly fix: string | null
  readonly commands: readonly { kind: string; text: string; isSafe: boolean }[]
}

export interface DoctorRun {
  readonly code: number
  readonly out: string
  readonly err: string
  readonly json: {
    readonly format: number
    readonly exitCode: number
    readonly counts: Record<string, number>
    readonly findings: readonly DoctorFinding[]
    readonly mended: readonly { text: string; result: string; error: string | null }[] | null
  }
  /** The findings of one check. */
  of(check: string): DoctorFinding[]
}

interface Where {
  readonly env?: Record<string, string>
  /** Default: a folder without an application. */
  readonly cwd?: string
  readonly output?: Partial<Omit<Output, 'write'>>
  readonly signal?: AbortSignal
}

/** Runs `spanhouse doctor` in this process. Its JSON is read if `--json` is among the arguments. */
export async function runDoctor(args: readonly string[], where: Where = {}): Promise<DoctorRun> {
  const { env = {}, cwd = '/', output, signal = new AbortController().signal } = where
  const out = memoryOutput(output)
  const err = memoryOutput()
  const code = await main(['doctor', ...args], { env, cwd, out, err, signal })
  const json = args.includes('--json') && out.text() !== '' ? JSON.parse(out.text()) : undefined
  return {
    code,
    out: out.text(),
    err: err.text(),
    json,
    of: (check) => json.findings.filter((one: DoctorFinding) => one.check === check),
  }
}
