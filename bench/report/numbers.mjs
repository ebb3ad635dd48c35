export function number(value, digits) {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  return value.toLocaleString('en-US', format)
}

/** `2.41 (2.35–2.60)`: the median, the lowest and the highest. */
export function spread({ median, low, high }, digits) {
  const shown = [median, low, high].map((value) => number(value, digits))
  return low === high ? shown[0] : `${shown[0]} (${shown[1]}–${shown[2]})`
}
