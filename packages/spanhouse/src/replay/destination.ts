import { type DestinationConfig, openLink, openSender, type Sender } from '#exporter'
import { openReader } from '../clickhouse/open-reader.js'
import type { Reader } from '../clickhouse/reader.js'
import { connectionOf } from '../config/source.js'

/** The server that letters are sent to. */
export interface ReplayDestination {
  readonly url: string
  readonly config: DestinationConfig
  readonly reader: Reader
  readonly sender: Sender
  close(): Promise<void>
}

const TIMEOUT_MS = 120_000

export function openDestination(config: DestinationConfig): ReplayDestination {
  const patient = { ...config, timeoutMs: TIMEOUT_MS }
  const reader = openReader(connectionOf(config))
  const link = openLink(patient)
  const sender = openSender(patient, () => {}, link)
  return {
    url: reader.connection.url,
    config,
    reader,
    sender,
    async close() {
      sender.close()
      link.close()
      await reader.close()
    },
  }
}
