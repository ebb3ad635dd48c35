import type { Output } from '../../packages/spanhouse/src/terminal/output.js'

export interface MemoryOutput extends Output {
  /** What was written so far. */
  text(): string
  lines(): string[]
}

/** An output of a command, for tests. Default: a pipe of 80 columns. */
export function memoryOutput(options: Partial<Omit<Output, 'write'>> = {}): MemoryOutput {
  let written = ''
  return {
    width: 80,
    isTerminal: false,
    hasColours: false,
    ...options,
    write: (text) => {
      written += text
    },
    text: () => written,
    lines: () => written.split('\n').slice(0, -1),
  }
}
