import { ourPackages, theirPackages } from './packages.mjs'

export const importTime = {
  name: 'import',
  title: 'Import',
  about: 'Milliseconds that the first import() of a package takes, with all that it loads.',
  sizes: { full: { rounds: 15 }, quick: { rounds: 5 } },
  figures: [{ name: 'importMs', title: 'ms', digits: 1, chart: true }],
  async jobs() {
    const names = [...ourPackages, ...theirPackages]
    return Object.fromEntries(names.map((name) => [name, { measure: 'import', package: name }]))
  },
}
