import { nsText } from './duration-text.js'
import { harmless } from './harmless.js'
import type { Repeat } from './trace.js'

/** A group in words, harmless: `SELECT users ×48, 312 ms, one after another`. */
export function repeatText(repeat: Repeat): string {
  return `${harmless(repeat.name, 200)} ${repeatFigures(repeat)}`
}

/** The same without the name: `×48, 312 ms, one after another`. Side by side, the time is that in which any of them runs. */
export function repeatFigures({ count, errors, totalNs, wallNs, sequential }: Repeat): string {
  return [
    `×${count}`,
    nsText(sequential ? totalNs : wallNs),
    sequential ? 'one after another' : 'side by side',
    ...(errors > 0 ? [`${errors} failed`] : []),
  ].join(', ')
}
