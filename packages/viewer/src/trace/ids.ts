/** Whether a text can be the id of a trace: 32 hexadecimal digits, not all zero. */
export function isTraceId(text: string): boolean {
  return /^[0-9a-f]{32}$/i.test(text) && !/^0+$/.test(text)
}

/** The beginning of an id, for a narrow place. */
export function shortId(id: string): string {
  return id.length > 12 ? `${id.slice(0, 8)}…` : id
}
