interface Named {
  readonly name: string
  readonly signal: string
}

/**
 * What the files and folders of one signal of a destination are called. Those of traces have no suffix, because they were there before the
 * other signals. No name of a destination contains a dot.
 */
export function nameOnDisk({ name, signal }: Named): string {
  return signal === 'traces' ? name : `${name}.${signal}`
}

/** The inverse of `nameOnDisk`. */
export function namedOnDisk(text: string): Named {
  const dot = text.indexOf('.')
  if (dot < 0) return { name: text, signal: 'traces' }
  return { name: text.slice(0, dot), signal: text.slice(dot + 1) }
}
