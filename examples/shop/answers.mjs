// What the shop's customers experienced: how long they waited before, during and after the outage, and what failed.

/** One entry for each part of the run, with the requests that began in it. */
export function latencies(visits, outage) {
  const parts = outage
    ? [
        ['up', 0, outage.from],
        ['down', outage.from, outage.restartAt],
        ['starting', outage.restartAt, outage.to],
        ['up again', outage.to, Infinity],
      ]
    : [['up', 0, Infinity]]
  return parts.map(([state, start, end]) => {
    const waits = visits.filter(({ at }) => start <= at && at < end).map(({ ms }) => ms)
    waits.sort((a, b) => a - b)
    return {
      state,
      requests: waits.length,
      median: quantile(waits, 0.5),
      p95: quantile(waits, 0.95),
    }
  })
}

/** Counts of failed visits by cause, the most frequent first. */
export function failures(visits, isSimulated) {
  const counts = new Map()
  for (const { failure } of visits) {
    if (failure?.isSimulated !== isSimulated) continue
    counts.set(failure.what, (counts.get(failure.what) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a)
}

export function medianOf(visits) {
  return quantile(
    visits.map(({ ms }) => ms).sort((a, b) => a - b),
    0.5,
  )
}

const quantile = (sorted, q) => sorted[Math.floor(q * sorted.length)]
