import { type Check, ok, problem } from '../check.js'
import type { Surroundings } from '../facts.js'

/** As `engines` in package.json says. */
function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
}

export const nodeVersion: Check<Surroundings> = {
  id: 'node',
  title: 'Node.js',
  run: ({ node }) => [
    isSupported(node)
      ? ok(node)
      : problem(
          `${node} is not supported`,
          'Use 20.19 or later, 22.12 or later, or a newer version.',
        ),
  ],
}
