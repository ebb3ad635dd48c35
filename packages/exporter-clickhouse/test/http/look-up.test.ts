import { spawn } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test, vi } from 'vitest'
import { exported, exporterTo, spans } from '../../../../test/kit/exporters.js'
import { eventually, until } from '../../../../test/kit/patience.js'
import { scriptedServer } from '../../../../test/kit/scripted-server.js'
import { statsOf } from '../../../../test/kit/stats.js'
import { lookUp, lookUpAll } from '../../src/http/look-up.js'
import { client, failureOf, never, post, replyOf } from './http-kit.js'

interface Asked {
  readonly name: string
  readonly all: boolean
  /** Answers with this address, or with an error. */
  answer(address: string | Error): void
}

/** Instead of name servers: look-ups that are answered when the test says so. To be called after all servers listen: they look up their addresses. */
function nameServers(): { asked: Asked[]; waiting(): string[] } {
  const asked: Asked[] = []
  const open = new Set<Asked>()
  const spy = vi.spyOn(dns, 'lookup').mockImplementation(((
    name: string,
    { all = false }: { all?: boolean },
    done: (...answer: unknown[]) => void,
  ) => {
    const one: Asked = {
      name,
      all,
      answer(address) {
        open.delete(one)
        if (address instanceof Error) done(address)
        else if (all) done(null, [{ address, family: 4 }])
        else done(null, address, 4)
      },
    }
    open.add(one)
    asked.push(one)
  }) as never)
  onTestFinished(() => spy.mockRestore())
  return { asked, waiting: () => [...open].map(({ name }) => name).sort() }
}

function lookedUp(name: string): Promise<unknown[]> {
  return new Promise((resolve) => lookUp(name, {}, (...answer) => resolve(answer)))
}

test('while no name server answers, requests and pings of all signals wait for one look-up; then every row is delivered', async () => {
  const server = await scriptedServer()
  const { asked, waiting } = nameServers()
  const endpoint = `http://clickhouse.test:${server.port}`
  const to = exporterTo({ endpoint, timeoutMs: 300, batch: { maxRows: 1 } })
  const other = exporterTo({ endpoint, timeoutMs: 300, table: 'others' })
  const answers = [exported(to, spans(8)), exported(other, spans(1, 'other'))]
  // Requests time out, servers are pinged, and batches are tried again.
  await eventually(() => expect(statsOf(to).errors).toBeGreaterThanOrEqual(6))
  expect(asked).toHaveLength(1)
  expect(waiting()).toEqual(['clickhouse.test'])

  asked[0]?.answer('127.0.0.1')
  await Promise.all(answers)
  await eventually(() => {
    for (const one of asked) one.answer('127.0.0.1')
    expect(server.rows).toHaveLength(9)
  })
})

test('a name that is not known is asked again by the next request', async () => {
  const { asked } = nameServers()
  const { send } = client({ endpoint: 'http://nowhere.test' })
  for (let nth = 0; nth < 2; nth++) {
    const failing = send(post(), never)
    await eventually(() => expect(asked).toHaveLength(nth + 1))
    asked[nth]?.answer(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }))
    expect(failureOf(await failing)).toMatchObject({
      bodyStarted: false,
      error: { code: 'ENOTFOUND' },
    })
  }
})

test('one name is not looked up twice at a time, even if two want to know something different', async () => {
  const { asked } = nameServers()
  const one = lookedUp('twice.test')
  const same = lookedUp('twice.test')
  const all = lookUpAll('twice.test')
  await eventually(() => expect(asked).toHaveLength(1))
  await new Promise(setImmediate)
  expect(asked).toMatchObject([{ all: false }])
  asked[0]?.answer('127.0.0.7')
  expect(await Promise.all([one, same])).toEqual([
    [null, '127.0.0.7', 4],
    [null, '127.0.0.7', 4],
  ])
  await eventually(() => expect(asked).toMatchObject([{ all: false }, { all: true }]))
  asked[1]?.answer('127.0.0.8')
  expect(await all).toEqual([{ address: '127.0.0.8', family: 4 }])
})

test('names that were slow wait for each other until they have an answer at once; those that were not wait for none', async () => {
  const { asked, waiting } = nameServers()
  const answer = (name: string, answer: string | Error) =>
    asked.findLast((one) => one.name === name)?.answer(answer)
  const noAnswer = new Error('no answer')
  const first = ['slow a.test', 'slow b.test', 'quick.test'].map(lookedUp)
  await eventually(() => expect(waiting()).toEqual(['quick.test', 'slow a.test', 'slow b.test']))
  answer('quick.test', '127.0.0.1')
  await sleep(1100)
  answer('slow a.test', '127.0.0.1')
  answer('slow b.test', noAnswer)
  await Promise.all(first)

  const second = ['slow a.test', 'slow b.test', 'quick.test', 'unknown.test'].map(lookedUp)
  await eventually(() => expect(waiting()).toEqual(['quick.test', 'slow a.test', 'unknown.test']))
  answer('slow a.test', noAnswer)
  await eventually(() => expect(waiting()).toEqual(['quick.test', 'slow b.test', 'unknown.test']))
  for (const name of waiting()) answer(name, '127.0.0.1')
  await Promise.all(second)

  // An error at once does not show that a name is quick. An answer does.
  const third = ['slow b.test', 'slow a.test', 'slow c.test'].map(lookedUp)
  await eventually(() => expect(waiting()).toHaveLength(3))
  await sleep(1100)
  for (const name of waiting()) answer(name, noAnswer)
  await Promise.all(third)
  const fourth = ['slow a.test', 'slow b.test'].map(lookedUp)
  await eventually(() => expect(waiting()).toEqual(['slow a.test']))
  answer('slow a.test', noAnswer)
  await eventually(() => expect(waiting()).toEqual(['slow b.test']))
  answer('slow b.test', noAnswer)
  await Promise.all(fourth)
  void lookedUp('slow a.test')
  void lookedUp('slow b.test')
  await eventually(() => expect(waiting()).toEqual(['slow a.test']))
})

test('options that dns.lookup() does not take are an error of the look-up', async () => {
  const answer = await new Promise<unknown[]>((resolve) =>
    lookUp('odd.test', { family: 5 as never }, (...answer) => resolve(answer)),
  )
  expect(answer[0]).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
})

test('an agent of the application looks names up in its own way', async () => {
  const server = await scriptedServer()
  const { asked } = nameServers()
  const agent = new Agent()
  const create = agent.createConnection.bind(agent)
  agent.createConnection = (options, ...rest) => {
    const own = 'lookup' in options ? {} : { lookup: ownLookup }
    return create({ ...options, ...own } as typeof options, ...rest)
  }
  const to = exporterTo({ endpoint: `http://clickhouse.test:${server.port}`, agent })
  await exported(to, spans(1))
  expect(server.rows).toHaveLength(1)
  expect(asked).toEqual([])
})

function ownLookup(_: string, { all }: { all?: boolean }, done: (...answer: unknown[]) => void) {
  if (all) done(null, [{ address: '127.0.0.1', family: 4 }])
  else done(null, '127.0.0.1', 4)
}

/** From now on nobody answers at this address: its process is stopped, and its backlog is full. */
async function silenceAt(address: string, port: number): Promise<void> {
  const listen = `require('node:net').createServer().listen({ host: '${address}', port: ${port}, backlog: 1 }, () => console.log('listens'))`
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  const taken = Array.from({ length: 8 }, () => connect(port, address).on('error', () => {}))
  onTestFinished(() => {
    for (const socket of taken) socket.destroy()
  })
  await until(() => taken.filter(({ connecting }) => !connecting).length >= 2)
}

test.runIf(process.platform === 'linux')(
  'a server whose first address leads nowhere answers pings by the second',
  async () => {
    const server = await scriptedServer()
    await silenceAt('127.0.0.2', server.port)
    const both = ['127.0.0.2', '127.0.0.1'].map((address) => ({ address, family: 4 }))
    const answer = (...asked: unknown[]) =>
      (asked.at(-1) as (...answer: unknown[]) => void)(null, both)
    const spy = vi.spyOn(dns, 'lookup').mockImplementation(answer as never)
    onTestFinished(() => spy.mockRestore())
    const { send } = client({ endpoint: `http://clickhouse.test:${server.port}` })
    const ping = post({ method: 'GET', path: '/ping', body: Buffer.alloc(0), deadlineMs: 2000 })
    expect(replyOf(await send(ping, never))).toMatchObject({ status: 200 })
  },
)

test('nothing is imported at run time: where an application is compiled by `vm.Script`, as jest does it, import() rejects', () => {
  const sources = join(import.meta.dirname, '../../src')
  const found = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .filter((name) => {
      const code = readFileSync(join(sources, name), 'utf8').replace(
        /\/\/.*|\*.*|typeof import\(/g,
        '',
      )
      return /\bimport\(/.test(code)
    })
  expect(found).toEqual([])
})
