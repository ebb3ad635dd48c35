// A process with a spool, for spool-processes.test.ts. It obeys lines on its standard input and answers in lines.
// argv: where the compiled spool is, the directory, what to do at once
import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [, , compiled, directory, command = ''] = process.argv
const { openSpool } = await import(`${compiled}/spool/spool.js`)
const { Batch } = await import(`${compiled}/batching/batch.js`)

// Written at once, and not by a thread of the pool that dies with us.
const say = (what, value) => writeSync(1, `${JSON.stringify([what, value])}\n`)
const held = []
const spool = openSpool({ directory, maxBytes: 1e9, fsync: 'never', leaseMs: 60_000 }, ['a', 'b'], {
  recovered: (stored) =>
    spool
      .load(stored)
      .then((loaded) => say('recovered', `${stored.destination} ${loaded?.batch.compressed.body}`)),
  corrupt: ({ destination, rows }) => say('corrupt', [destination, rows]),
  troubled: (error) => say('troubled', String(error)),
  recoveredFromTrouble: () => say('recoveredFromTrouble'),
  unreadable: (error) => say('unreadable', error.message),
  readable: () => say('readable'),
  foreign: (destination, rows) => say('foreign', [destination, rows]),
  newer: (stored) => say('newer', stored.length),
  deletedAside: (files) => say('deletedAside', files),
})

const insert = (destination) => ({ statement: `INSERT INTO ${destination}`, settings: {} })

async function put(id) {
  const body = Buffer.from(`${id} ${'x'.repeat((Number(id.split(':').at(-1)) * 977) % 50_000)}`)
  const digest = createHash('sha256').update(body).digest('hex')
  const batch = Batch.restore({ rows: 1, rawBytes: body.length, codec: 'none' }, { digest, body })
  const stored = await spool.put(
    batch,
    new Map([
      ['a', insert('a')],
      ['b', insert('b')],
    ]),
  )
  held.push(...stored.values())
  say(stored.size === 2 ? 'acknowledged' : 'refused', id)
}

const commands = {
  /** Without end, three at a time. */
  putForEver() {
    let next = 0
    const one = async () => {
      for (;;) await put(`${process.pid}:${next++}`)
    }
    for (let i = 0; i < 3; i++) void one()
  },
  put,
  async load() {
    for (const stored of held) say('loaded', (await spool.load(stored)) !== undefined)
  },
  close: () => spool.close().then(() => process.stdin.destroy()),
  exit: () => process.exit(0),
  throw() {
    throw new Error('uncaught, on purpose')
  },
  end: () => process.stdin.destroy(),
  '': () => {},
}

say('started', process.pid)
const [name, arg] = command.split(' ')
await commands[name]?.(arg)
if (name !== 'end')
  createInterface({ input: process.stdin }).on('line', async (line) => {
    const [name, arg] = line.split(' ')
    await commands[name]?.(arg)
    say('did', line)
  })
