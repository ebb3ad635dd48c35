import { bytes, type Check, count, type Found, ok, problem, warning } from '../check.js'
import type { Facts } from '../facts.js'
import { folderState, spaceOf } from './folders.js'
import { readSpool } from './spool-contents.js'

export const spoolFolder: Check<Facts> = {
  id: 'spool-folder',
  title: 'spool folder',
  async run({ destination: { spool } }) {
    if (!spool) return [ok('no spool: rows wait in memory only (option `spool.directory`)')]
    const { directory, maxBytes } = spool
    const { exists, problem: why } = await folderState(directory)
    if (why !== undefined)
      return [
        problem(why, 'Let the user of the application write there, or set `spool.directory`.'),
      ]
    const found: Found[] = []
    if (!exists)
      found.push(
        warning(
          `${directory} does not exist yet`,
          'The exporter makes it when it has the first batch.',
          [{ kind: 'folder', path: directory, isSafe: true }],
        ),
      )
    const space = await spaceOf(directory)
    if (space?.network)
      found.push(
        warning(
          `${directory} is on a network file system (${space.network}), which may hang or lose what it acknowledged`,
          'Use a disk of this machine.',
        ),
      )
    if (space && space.freeBytes < maxBytes)
      found.push(
        warning(
          `${bytes(space.freeBytes)} are free on its disk, less than \`spool.maxBytes\` (${bytes(maxBytes)})`,
          'Free space, or lower `spool.maxBytes`.',
        ),
      )
    return found.length > 0
      ? found
      : [ok(`${directory}, ${space ? bytes(space.freeBytes) : 'unknown space'} free`)]
  },
}

/** The end of the name of a folder. Names of destinations have no dot, and the folder of traces has the bare name. */
const OF_SIGNAL = /\.(logs|metrics)$/

export const spoolRows: Check<Facts> = {
  id: 'spool-rows',
  title: 'spooled rows',
  needs: ['spool-folder'],
  async run({ destination: { spool, name }, config }, signal) {
    if (!spool) return []
    const contents = await readSpool(spool.directory, spool.leaseMs, signal)
    const found: Found[] = []
    const known = new Set(config.destinations.map((one) => one.name))
    for (const [other, { rows }] of contents.waiting)
      if (!known.has(other.replace(OF_SIGNAL, '')))
        found.push(
          warning(
            `${count(rows, 'row')} for the destination "${other}", which is not configured here`,
            'Configure it again, or delete its folders.',
          ),
        )
    if (contents.orphans.length > 0)
      found.push(
        warning(
          `${count(contents.orphans.length, 'directory').replace(/directorys$/, 'directories')} of processes that have ended, with rows in them`,
          'Start the application: it takes them over and sends them.',
        ),
      )
    if (contents.newer.size > 0)
      found.push(
        warning(
          `${count(contents.newer.size, 'batch').replace(/batchs$/, 'batches')} written by a newer version of the exporter`,
          'Update the exporter of this application: older versions leave them.',
        ),
      )
    if (contents.corrupt > 0)
      found.push(
        warning(
          `${count(contents.corrupt, 'damaged record')} set aside in ${spool.directory}/corrupt`,
          'Check the disk; the rows are lost. Delete the files when you have seen them.',
        ),
      )
    for (const [folder, own] of contents.waiting) {
      if (folder.replace(OF_SIGNAL, '') !== name) continue
      const of = OF_SIGNAL.exec(folder)?.[1]
      const what = `${count(own.rows, 'row')}${of === undefined ? '' : ` of ${of}`}`
      found.push(
        own.bytes > spool.maxBytes * 0.8
          ? warning(
              `${what} (${bytes(own.bytes)}) wait, which is nearly \`spool.maxBytes\` (${bytes(spool.maxBytes)})`,
              'Mend what keeps the server from taking them: when the spool is full, rows are dropped.',
            )
          : ok(`${what} (${bytes(own.bytes)}) wait`),
      )
    }
    return found.length > 0 ? found : [ok('none waits')]
  },
}
