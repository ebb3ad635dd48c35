// Unpacks Debian's ClickHouse and ZooKeeper into a folder, for the tests of replication (test/delivery/replicas.test.ts). Nothing is installed
// and no service is started, so root is not needed. Usage: node scripts/debian-clickhouse.mjs [folder]
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const WANTED = ['clickhouse-server', 'libzookeeper-java']

const folder = resolve(process.argv[2] ?? join(import.meta.dirname, '../.cache/debian-clickhouse'))
// A JRE cannot be unpacked like the others: its links point into /etc.
if (spawnSync('java', ['-version']).status !== 0)
  fail('ZooKeeper needs Java: apt-get install default-jre-headless')

const downloads = mkdtempSync(join(tmpdir(), 'spanhouse-debian-'))
process.on('exit', () => rmSync(downloads, { recursive: true, force: true }))

// Only the packages that this machine does not have.
const plan = run('apt-get', '-s', 'install', '--no-install-recommends', ...WANTED)
const packages = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name)
if (packages.length === 0) {
  console.log('The packages are installed: nothing to do.')
  process.exit()
}
console.log(`Downloading ${packages.length} packages (about 50 MB) …`)
run('apt-get', 'download', ...packages)
mkdirSync(folder, { recursive: true })
for (const name of readdirSync(downloads)) run('dpkg', '-x', name, folder)
console.log(`They are unpacked in ${folder}.`)

function run(command, ...args) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: downloads,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (error) fail(`${command}: ${error.message}. This needs Debian 12.`)
  if (status !== 0) fail(`${command} ${args[0]} failed: try apt-get update.\n${stderr}`)
  return stdout
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
