/** The median of the values with the lowest and the highest; undefined if there are none. */
export function summary(values) {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b)
  if (sorted.length === 0) return undefined
  return { median: median(sorted), low: sorted[0], high: sorted.at(-1) }
}

function median(sorted) {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
