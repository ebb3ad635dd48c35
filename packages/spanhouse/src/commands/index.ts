import type { Command } from './command.js'

/** Every command, in the order of the help. Each is loaded only when it is called or described. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  dev: async () => (await import('./dev.js')).dev,
  run: async () => (await import('./run.js')).run,
  ui: async () => (await import('./ui.js')).ui,
  doctor: async () => (await import('./doctor.js')).doctor,
  tail: async () => (await import('./tail.js')).tail,
  trace: async () => (await import('./trace.js')).trace,
  top: async () => (await import('./top.js')).top,
  compare: async () => (await import('./compare.js')).compare,
  replay: async () => (await import('./replay.js')).replay,
  receive: async () => (await import('./receive.js')).receive,
  ddl: async () => (await import('./ddl.js')).ddl,
  table: async () => (await import('./table.js')).table,
}
