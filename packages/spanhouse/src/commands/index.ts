import type { Command } from './command.js'

/** Every command, in the order of the help. Each is loaded only when it is called or described. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  doctor: async () => (await import('./doctor.js')).doctor,
}
