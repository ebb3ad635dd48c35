import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { manifestOf } from './files.mjs'

/** A plugin of rolldown that notes which installed packages get into a bundle, and their licences as one text. */
export function collectLicences() {
  const bundled = new Set()
  return {
    plugin: { name: 'licences', moduleParsed: ({ id }) => void bundled.add(packageOf(id)) },
    text: () => [...bundled].filter(Boolean).sort().map(licenceOf).join('\n'),
  }
}

/** The folder of the installed package that a file belongs to; undefined for our own files. */
function packageOf(file) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0]
}

function licenceOf(folder) {
  const { name, version } = manifestOf(folder)
  const file = readdirSync(folder).find((one) => /^licen[sc]e/i.test(one))
  if (file === undefined) throw new Error(`${name} is bundled, but has no file with its licence.`)
  return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8')}`
}
