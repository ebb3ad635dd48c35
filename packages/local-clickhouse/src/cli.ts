#!/usr/bin/env node
import { parseArgs } from 'node:util'
import type { User } from './options.js'
import { watchParents } from './parents.js'
import { type ClickHouseServer, startUnlessAborted } from './start-clickhouse.js'

const USAGE = `Usage: npx @spanhouse/local-clickhouse [options]

Runs a ClickHouse server on 127.0.0.1 until Ctrl-C, or until the program that started it ends.

  --port PORT           HTTP port (8123; 0 is any free one)
  --data DIR            keep the data here (otherwise it is removed at the end)
  --user NAME:PASSWORD  a user besides 'default', which has no password; may be repeated
  --help                this text
`
const PARENT_POLL_MS = 500

async function main(): Promise<void> {
  const haveParentsEnded = watchParents()
  const { port, data, user, help } = readArguments()
  if (help) {
    process.stdout.write(USAGE)
    return
  }

  let starting: Promise<ClickHouseServer> | undefined
  const stopping = new AbortController()
  const end = async () => {
    if (stopping.signal.aborted) return
    stopping.abort()
    // End a server that is just starting, and remove its files, before this process exits.
    const server = await starting?.catch(() => undefined)
    await server?.stop()
    process.exit(0)
  }
  process.on('SIGINT', () => end().catch(fail))
  process.on('SIGTERM', () => end().catch(fail))
  setInterval(() => {
    if (haveParentsEnded()) end().catch(fail)
  }, PARENT_POLL_MS)

  const options = {
    dataDir: data,
    httpPort: parsePort(port ?? '8123'),
    users: (user ?? []).map(parseUser),
  }
  starting = startUnlessAborted(options, stopping.signal)
  const server = await starting.catch((error) => {
    if (!stopping.signal.aborted) throw error
  })
  if (!server) return
  console.log(`ClickHouse is ready at ${server.url} (in a browser: ${server.url}/play)`)
  await server.exited
  if (!stopping.signal.aborted)
    throw new Error('The ClickHouse server has ended by itself: start it again.')
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        user: { type: 'string', multiple: true },
        help: { type: 'boolean' },
      },
    })
    return values
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\. |\n/)
    throw new Error(`${sentence}: see --help.`)
  }
}

function parsePort(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Error(`--port takes a number, not '${text}': see --help.`)
}

function parseUser(text: string): User {
  const colon = text.indexOf(':')
  if (colon < 1) throw new Error('--user takes NAME:PASSWORD: see --help.')
  return { name: text.slice(0, colon), password: text.slice(colon + 1) }
}

function fail(error: Error): void {
  console.error(error.message)
  process.exit(1)
}

main().catch(fail)
