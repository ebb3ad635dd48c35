import { execFileSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

/** A copy of the work tree that can be broken. It has copies of our packages, and links to everything else that is installed. */
export function copyOf(root, to) {
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const files = listed.split('\0').filter((file) => file && existsSync(join(root, file)))
  for (const file of files) copy(root, to, file)
  const members = files.filter((file) => /(^|\/)package\.json$/.test(file)).map(dirname)
  for (const member of members) {
    // Other packages of the workspace load this folder.
    if (existsSync(join(root, member, 'dist'))) copy(root, to, join(member, 'dist'))
    const modules = join(member, 'node_modules')
    if (existsSync(join(root, modules))) linkModules(root, to, modules)
  }
  return {
    folder: to,
    /** Returns a function that restores the file. */
    change(file, text) {
      const path = join(to, file)
      const before = readFileSync(path, 'utf8')
      writeFileSync(path, text(before))
      return () => writeFileSync(path, before)
    },
  }
}

function copy(root, to, path) {
  cpSync(join(root, path), join(to, path), { recursive: true, verbatimSymlinks: true })
}

/** Makes new folders with links in them: tools keep their caches in the folders, and links to the workspace must lead to the copy. */
function linkModules(root, to, modules) {
  mkdirSync(join(to, modules), { recursive: true })
  for (const entry of readdirSync(join(root, modules), { withFileTypes: true })) {
    const path = join(modules, entry.name)
    if (entry.name.startsWith('.') && entry.name !== '.bin') continue
    if (entry.name.startsWith('@') && entry.isDirectory()) linkModules(root, to, path)
    else symlinkSync(targetIn(root, to, realpathSync(join(root, path))), join(to, path))
  }
}

function targetIn(root, to, target) {
  const inside = relative(root, target)
  const isOfWorkspace = !inside.startsWith('..') && !inside.split(sep).includes('node_modules')
  return isOfWorkspace ? join(to, inside) : target
}
