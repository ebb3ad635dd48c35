// Reads fields of JSON that may have any type, or throw (a Proxy).

export function field(json: unknown, key: string): unknown {
  if (typeof json !== 'object' || json === null) return undefined
  try {
    return Reflect.get(json, key)
  } catch {
    return undefined
  }
}

export function textField(json: unknown, key: string): string {
  const value = field(json, key)
  return typeof value === 'string' ? value : ''
}

export function countField(json: unknown, key: string): number {
  const value = field(json, key)
  const count = typeof value === 'string' || typeof value === 'number' ? Number(value) : 0
  return Number.isFinite(count) ? Math.max(0, count) : 0
}

export function listField(json: unknown, key: string): unknown[] {
  const list = field(json, key)
  try {
    return Array.isArray(list) ? Object.values(list) : [] // values() skips the holes of a sparse array: it may have four thousand million
  } catch {
    return []
  }
}

/** The objects of a list. */
export function objectsField(json: unknown, key: string): object[] {
  return listField(json, key).filter((item) => typeof item === 'object' && item !== null)
}
