/** A new object without a prototype, because a property that somebody has added to Object.prototype is not an option. */
export function bare(...from: readonly (object | undefined)[]): Record<string, unknown> {
  return Object.assign(Object.create(null), ...from)
}

/** The fields whose value is not undefined, without a prototype. */
export function defined<T extends object>(
  value: T,
): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return bare(
    Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)),
  ) as never
}
