import { DiagLogLevel, diag } from '@opentelemetry/api'
import { oneLine } from '#exporter'
import { openReceiver, type Receiver } from '#receiver'
import { configOf, endpointIn } from '../config/source.js'
import { CommandError } from '../terminal/command-error.js'
import type { Output } from '../terminal/output.js'
import type { Command, Context } from './command.js'
import { untilEnd } from './page.js'
import { environmentIn, RECEIVE_OPTIONS, receiverOptionsIn } from './receive-options.js'
import { listeningAsText, lostRows, summaryAsText } from './receive-text.js'

export const receive: Command = {
  name: 'receive',
  summary: 'Takes OTLP over HTTP and gRPC from any program, and writes it into ClickHouse',
  usage: '[options]',
  options: RECEIVE_OPTIONS,
  examples: [
    ['spanhouse receive --endpoint http://localhost:8123', 'on 127.0.0.1:4318 and 4317'],
    ['spanhouse receive --spool /var/spool/otlp', 'no acknowledged row is lost by a crash'],
    [
      'spanhouse receive --cors-origin https://shop.example --grpc-port off',
      'from web pages of one site',
    ],
  ],
  async run(context) {
    const { out, err, signal } = context
    const receiver = await open(context)
    try {
      out.write(listeningAsText(receiver, hostOf(context), destinationsOf(context)))
      await untilEnd(signal)
    } finally {
      await receiver.close()
      diag.disable()
    }
    const stats = receiver.stats()
    out.write(summaryAsText(stats))
    const lost = lostRows(stats)
    if (lost === 0) return 0
    const hint =
      context.values['spool'] === undefined ? ' With --spool DIR, rows wait on disk.' : ''
    err.write(
      `spanhouse: ${lost} rows were lost, because they were not stored when it ended.${hint}\n`,
    )
    return 1
  },
}

async function open(context: Context): Promise<Receiver> {
  const options = receiverOptionsIn(context)
  const env = environmentIn(context)
  configOf('traces', endpointIn(context.values), env) // so that a mistake in it is reported as one sentence
  logTo(context.err)
  try {
    return await openReceiver(options, env)
  } catch (error) {
    diag.disable()
    throw new CommandError(oneLine((error as Error).message.replace(/^spanhouse: /, '')))
  }
}

/** Warnings and errors of the exporter become lines of this command. */
function logTo(err: Output): void {
  const say = (text: string) => err.write(`${oneLine(text)}\n`)
  const silent = () => {}
  diag.setLogger(
    { error: say, warn: say, info: silent, debug: silent, verbose: silent },
    { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
  )
}

function hostOf({ values }: Context): string {
  const { host } = values
  return typeof host === 'string' ? host : '127.0.0.1'
}

function destinationsOf(context: Context): readonly string[] {
  const { destinations } = configOf('traces', endpointIn(context.values), environmentIn(context))
  return destinations.map(({ endpoint }) => endpoint.href.replace(/\/$/, ''))
}
