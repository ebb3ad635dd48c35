// Shared by the ESM and the CommonJS copy of every version of this package. Each worker thread has a globalThis of its own.
const KEY = Symbol.for('spanhouse.exporter-clickhouse.register')

/** The file of the register that has started in this thread. It may be installed elsewhere than the application, with all packages. */
export function keptRegister(): string | undefined {
  return (globalThis as { [KEY]?: string })[KEY]
}

export function keepRegister(file: string | undefined): void {
  ;(globalThis as { [KEY]?: string | undefined })[KEY] = file
}
