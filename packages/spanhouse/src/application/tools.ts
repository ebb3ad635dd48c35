// Loaded into every process of Node that an application starts, so this file imports nothing.

/**
 * Programs that start the application, or build it, and are not part of it: by package, the files without their extension that are the
 * program itself. Some packages also have a file in which the application runs.
 */
const TOOLS: Readonly<Record<string, readonly string[]>> = {
  '@dotenvx/dotenvx': ['dotenvx'],
  '@nestjs/cli': ['nest'],
  'chokidar-cli': ['index', 'chokidar'],
  concurrently: ['concurrently', 'conc'],
  corepack: ['corepack', 'npm', 'npx', 'pnpm', 'pnpx', 'yarn', 'yarnpkg'],
  'cross-env': ['cross-env', 'cross-env-shell'],
  'dotenv-cli': ['cli', 'dotenv'],
  'env-cmd': ['env-cmd'],
  lerna: ['cli', 'lerna'],
  nodemon: ['nodemon'],
  npm: ['npm', 'npx', 'npm-cli', 'npx-cli', 'npm-prefix'],
  'npm-run-all': ['npm-run-all', 'index', 'run-s', 'run-p'],
  'npm-run-all2': ['npm-run-all', 'index', 'run-s', 'run-p'],
  nx: ['nx'],
  onchange: ['cli', 'onchange'],
  pnpm: ['pnpm', 'pnpx'],
  'start-server-and-test': ['start', 'start-server-and-test', 'start-test'],
  'ts-node-dev': ['bin', 'ts-node-dev', 'tsnd'],
  'tsc-watch': ['tsc-watch'],
  tsup: ['cli-default', 'tsup'],
  tsx: ['cli', 'tsx'],
  turbo: ['turbo'],
  typescript: ['tsc'],
  'wait-on': ['wait-on'],
  wireit: ['wireit'],
  yarn: ['yarn', 'yarnpkg', 'cli'],
}

/** What the files are called that lead to a program, in `node_modules/.bin` or `/usr/bin`. */
const COMMANDS: ReadonlySet<string> = new Set(
  Object.values(TOOLS)
    .flat()
    .filter((name) => !['bin', 'cli', 'cli-default', 'index', 'start'].includes(name)),
)

/** Whether this script, as in `process.argv[1]`, is such a program. A file of the application may have any name. */
export function isTool(script: string | undefined): boolean {
  if (script === undefined) return false
  const path = script.replaceAll('\\', '/')
  const [, folder = '', file = ''] = /(?:^|\/)([^/]*)\/([^/]*)$/.exec(path) ?? []
  const name = file.replace(/\.[cm]?js$/, '')
  // Debian has the packages of npm in /usr/share/nodejs.
  const inside = path.split(/\/(?:node_modules|share\/nodejs|lib\/nodejs)\//).at(-1) ?? ''
  if (inside !== path) {
    const of = /^(?:@[^/]+\/)?[^/]+/.exec(inside)?.[0] ?? ''
    if (Object.hasOwn(TOOLS, of)) return TOOLS[of]?.includes(name) ?? false
  }
  // Files of `yarn set version`, and what Corepack has downloaded.
  if (/\/\.yarn\/releases\/yarn-[^/]+$|\/corepack\/(?:v1\/)?(?:npm|pnpm|yarn)\/\d/.test(path))
    return true
  return (folder === '.bin' || folder === 'bin') && name === file && COMMANDS.has(name)
}
