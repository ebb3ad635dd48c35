import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The name in the nearest package.json that has one. */
export function packageNameAbove(folder: string): string | undefined {
  const name = nameIn(join(folder, 'package.json'))
  if (name !== undefined) return name
  const parent = dirname(folder)
  return parent === folder ? undefined : packageNameAbove(parent)
}

function nameIn(file: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown }
    return typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 200) : undefined
  } catch {
    return undefined
  }
}
