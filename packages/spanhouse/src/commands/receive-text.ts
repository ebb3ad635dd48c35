import type { Receiver, ReceiverStats } from '#receiver'

const NOUNS = { traces: 'spans', logs: 'log records', metrics: 'data points' } as const
const COUNT = new Intl.NumberFormat('en')

/** Where the receiver listens, and where the rows go. */
export function listeningAsText(
  { httpPort, grpcPort }: Pick<Receiver, 'httpPort' | 'grpcPort'>,
  host: string,
  destinations: readonly string[],
): string {
  const at = host.includes(':') ? `[${host}]` : host
  const ways = [
    ...(httpPort === undefined ? [] : [`OTLP/HTTP on ${at}:${httpPort}`]),
    ...(grpcPort === undefined ? [] : [`OTLP/gRPC on ${at}:${grpcPort}`]),
  ]
  return `Listening for ${ways.join(' and ')}; rows go to ${destinations.join(' and ')}.\n`
}

/** What was received, and what became of it. */
export function summaryAsText({ signals }: ReceiverStats): string {
  const entries = Object.entries(signals) as [keyof typeof NOUNS, (typeof signals)['traces']][]
  const received = entries.map(
    ([signal, { records }]) => `${COUNT.format(records)} ${NOUNS[signal]}`,
  )
  const lines = [`Received ${received.join(', ')}.`]
  const names = Object.keys(signals.traces.exporter.destinations)
  for (const name of names) {
    const all = entries.map(([, { exporter }]) => exporter.destinations[name])
    const sum = (of: (one: NonNullable<(typeof all)[number]>) => number) =>
      all.reduce((total, one) => total + (one ? of(one) : 0), 0)
    // By filters or sampling: as somebody has asked for.
    const leftOut = sum((one) => one.dropped.filtered ?? 0)
    const dropped = sum((one) => Object.values(one.dropped).reduce((a, b) => a + b, 0)) - leftOut
    const waiting = sum((one) => one.waiting)
    lines.push(
      [
        `${name}: ${COUNT.format(sum((one) => one.delivered))} rows stored`,
        ...(waiting > 0 ? [`${COUNT.format(waiting)} left in the spool`] : []),
        ...(leftOut > 0 ? [`${COUNT.format(leftOut)} left out by filters or sampling`] : []),
        ...(dropped > 0 ? [`${COUNT.format(dropped)} dropped`] : []),
      ].join(', '),
    )
  }
  return `${lines.join('\n')}\n`
}

/** Rows that were dropped because the receiver ended. */
export function lostRows({ signals }: ReceiverStats): number {
  const destinations = Object.values(signals).flatMap(({ exporter }) =>
    Object.values(exporter.destinations),
  )
  return destinations.reduce((sum, { dropped }) => sum + (dropped.shutdown ?? 0), 0)
}
