// Loggers that write JSON to a file, as applications without OpenTelemetry do. Their file is in a temporary folder, which is deleted.
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export async function start({ logger: name }) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-logs-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'log.ndjson')
  const { log, flush } = await openers[name](file)
  let taken = 0
  return {
    take({ description }) {
      log(description)
      taken++
    },
    delivered: () => taken,
    flush,
    bytes: () => statSync(file).size,
    maxInFlight: Number.POSITIVE_INFINITY,
  }
}

const openers = {
  /** pino's own advice for speed: a buffer of 4 KiB, written asynchronously. */
  async pino(file) {
    const { pino } = await import('pino')
    const destination = pino.destination({ dest: file, sync: false, minLength: 4096 })
    await once(destination, 'ready')
    const logger = pino({ base: { service: 'checkout' } }, destination)
    return {
      log: ({ severityText, attributes, body }) =>
        logger[severityText.toLowerCase()](attributes, body),
      flush: () => new Promise((resolve) => destination.flush(resolve)),
    }
  },
  async winston(file) {
    const { createLogger, format, transports } = await import('winston')
    const logger = createLogger({
      format: format.combine(format.timestamp(), format.json()),
      defaultMeta: { service: 'checkout' },
      transports: [new transports.File({ filename: file })],
    })
    return {
      log: ({ severityText, attributes, body }) =>
        logger.log(severityText.toLowerCase(), body, attributes),
      async flush() {
        // A file stream has written everything when it has nothing left in its buffers.
        const [transport] = logger.transports
        while (logger.writableLength > 0 || transport.writableLength > 0)
          await new Promise((resolve) => setTimeout(resolve, 1))
      },
    }
  },
}
