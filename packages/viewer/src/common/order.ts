/** Not `localeCompare`: its order depends on the browser's language. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
