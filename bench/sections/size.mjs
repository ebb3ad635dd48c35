import { installedSize, packedSize } from '../package-size.mjs'
import { ourPackages, theirPackages } from './packages.mjs'

export const size = {
  name: 'size',
  title: 'Size',
  about:
    "kB of the tarball (ours only), and of what npm installs with all dependencies, less what OpenTelemetry's SDK brings anyway.",
  sizes: { full: { rounds: 1 }, quick: { rounds: 1 } },
  figures: [
    { name: 'packedKb', title: 'packed, kB', digits: 1 },
    { name: 'installedKb', title: 'installed, kB', digits: 0 },
    { name: 'packages', title: 'packages', digits: 0 },
  ],
  async run() {
    const measured = {}
    for (const name of ourPackages)
      measured[name] = [{ packedKb: await packedSize(name), ...(await installedSize(name)) }]
    for (const name of theirPackages) measured[name] = [await installedSize(name)]
    return { measured, refused: {} }
  },
}
