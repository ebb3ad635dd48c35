// A program that starts a server, says so, and then ends or is ended in the way named.
import { spawn } from 'node:child_process'
import { startClickHouse } from '../dist/esm/index.js'

const how = process.argv[2]
const server = await startClickHouse()
const options = { detached: true, stdio: 'ignore' }
const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], options)
other.unref()

if (how === 'survives Ctrl-C')
  process.on('SIGINT', async () => {
    process.stdout.write(await server.query('SELECT 42'))
    await server.stop()
    process.exit(0)
  })

const { pid, url, dataDir } = server
process.stdout.write(`${JSON.stringify({ pid, url, dataDir, other: other.pid })}\n`)

if (how === 'throws') throw new Error('on purpose')
if (how === 'exits') process.exit(0)
if (how === 'blocks') for (;;);
if (how === 'waits' || how === 'survives Ctrl-C') setInterval(() => {}, 60_000)
// 'has nothing more to do': it ends here, although the server is up.
