import type { DestinationStats } from '#exporter'
import type { ReceiverStats, SignalStats } from './stats.js'

type Labels = Readonly<Record<string, string | number>>
type Sample = readonly [labels: Labels, value: number]

/** The figures as Prometheus reads them. */
export function exposition({ requests, bytesInProgress, signals }: ReceiverStats): string {
  const bySignal = (value: (desk: SignalStats) => number) =>
    entriesOf(signals).map(([signal, desk]): Sample => [{ signal }, value(desk)])
  const byDestination = (samples: (stats: DestinationStats) => readonly Sample[]) =>
    entriesOf(signals).flatMap(([signal, { exporter }]) =>
      entriesOf(exporter.destinations).flatMap(([destination, stats]) =>
        samples(stats).map(
          ([labels, value]): Sample => [{ signal, destination, ...labels }, value],
        ),
      ),
    )
  const one = (value: (stats: DestinationStats) => number) =>
    byDestination((stats) => [[{}, value(stats)]])
  return [
    counter(
      'requests',
      'Requests by their answer: a status of HTTP or of gRPC.',
      requests.map(({ requests: value, ...labels }) => [labels, value]),
    ),
    counter(
      'records',
      'Records in requests that were taken.',
      bySignal((desk) => desk.records),
    ),
    counter(
      'rejected_records',
      'Records that were reported to the client as rejected.',
      bySignal((desk) => desk.rejected),
    ),
    counter(
      'repeated_requests',
      'Requests that were the same as an earlier one.',
      bySignal((desk) => desk.repeats),
    ),
    gauge('bytes_in_progress', 'Bytes of bodies that are being read, or not taken yet.', [
      [{}, bytesInProgress],
    ]),
    counter(
      'accepted_rows',
      'Rows that the destination was given.',
      one((at) => at.accepted),
    ),
    counter(
      'delivered_rows',
      'Rows that the destination has stored.',
      one((at) => at.delivered),
    ),
    counter(
      'dropped_rows',
      'Rows that the destination does not get, by reason.',
      byDestination(({ dropped }) =>
        Object.entries(dropped).map(([reason, rows]): Sample => [{ reason }, rows]),
      ),
    ),
    gauge(
      'waiting_rows',
      'Rows that wait for the destination.',
      one((at) => at.waiting),
    ),
    gauge(
      'waiting_bytes',
      'Memory of the waiting rows.',
      one((at) => at.waitingBytes),
    ),
    gauge(
      'spooled_bytes',
      'Waiting rows on disk, in bytes.',
      one((at) => at.spooledBytes),
    ),
    counter(
      'retries',
      'Failed attempts whose rows were kept.',
      one((at) => at.retries),
    ),
    counter(
      'errors',
      'Failed attempts.',
      one((at) => at.errors),
    ),
    gauge(
      'failing',
      '1 if the last attempt failed.',
      one((at) => (at.failing ? 1 : 0)),
    ),
  ].join('')
}

function counter(name: string, help: string, samples: readonly Sample[]): string {
  return family(`spanhouse_receiver_${name}_total`, 'counter', help, samples)
}

function gauge(name: string, help: string, samples: readonly Sample[]): string {
  return family(`spanhouse_receiver_${name}`, 'gauge', help, samples)
}

function family(name: string, type: string, help: string, samples: readonly Sample[]): string {
  const lines = samples.map(([labels, value]) => `${name}${labelsAsText(labels)} ${value}`)
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
}

function labelsAsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(String(value))}"`)
  return pairs.length > 0 ? `{${pairs.join(',')}}` : ''
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function entriesOf<Value>(values: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(values)
}
