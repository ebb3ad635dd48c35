// Lists what is in each published package, as CycloneDX: pnpm names what npm installs beside it, out of the lockfile; what the build
// has put into it stands in its THIRD-PARTY-LICENSES.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { manifestOf } from './files.mjs'
import { pnpm } from './processes.mjs'

/** Writes `<package>.cdx.json` for each of `packages`, which are built, into `folder`. */
export async function writeSboms(packages, folder) {
  mkdirSync(folder, { recursive: true })
  const filters = packages.map((name) => `--filter=./packages/${name}`)
  const how = ['--sbom-format=cyclonedx', '--prod', '--lockfile-only', '--split']
  await pnpm(['sbom', ...how, ...filters, `--out=${join(folder, '%s.cdx.json')}`])
  for (const name of packages) addBundled(join('packages', name), folder)
}

function addBundled(home, folder) {
  const licences = join(home, 'dist/THIRD-PARTY-LICENSES')
  if (!existsSync(licences)) return
  const { name } = manifestOf(home)
  const file = join(folder, `${name.replace(/^@(.+)\//, '$1-')}.cdx.json`)
  const bom = JSON.parse(readFileSync(file, 'utf8'))
  const bundled = bundledIn(readFileSync(licences, 'utf8')).map(componentOf)
  const own = bom.metadata.component['bom-ref']
  const known = new Set(bom.components.map((one) => one['bom-ref']))
  bom.components.push(...bundled.filter((one) => !known.has(one['bom-ref'])))
  const edges = bom.dependencies.find(({ ref }) => ref === own)
  edges.dependsOn = [
    ...new Set([...(edges.dependsOn ?? []), ...bundled.map((one) => one['bom-ref'])]),
  ]
  for (const ref of bundled.map((one) => one['bom-ref']))
    if (!bom.dependencies.some((one) => one.ref === ref)) bom.dependencies.push({ ref })
  writeFileSync(file, `${JSON.stringify(bom, undefined, 2)}\n`)
}

/** The licence of each bundled package follows a line with its name and version (scripts/licences.mjs). */
function bundledIn(licences) {
  return [...licences.matchAll(/^((?:@[\w.-]+\/)?[\w.-]+) (\d+\.\d+\.\d+\S*)$/gm)].map(
    ([, name, version]) => ({ name, version }),
  )
}

function componentOf({ name, version }) {
  const [, group, plain] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name)
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  return {
    type: 'library',
    ...(group ? { group } : {}),
    name: plain,
    version,
    purl,
    'bom-ref': purl,
  }
}
