import { readFileSync, statSync } from 'node:fs'
import { fromText } from '../from-text.js'
import { problemOf } from '../text-rules.js'
import type { VariableOption } from '../variable-names.js'
import { isQuoted, meantText } from './variable-text.js'

const QUOTED = {
  problem: 'is in quotation marks, which are a part of the value here: remove them',
}

const MAX_FILE_BYTES = 1024 * 1024

/** The value that a text stands for, checked. */
export function valueFrom(
  text: string,
  option: VariableOption['option'],
): { value: unknown } | { problem: string } {
  const read = fromText(meantText(text, option), option.type)
  const problem = 'problem' in read ? read.problem : problemOf(read.value, option.type)
  // Only a password or a key may really be in quotation marks.
  if (isQuoted(text) && !(problem === undefined && option.isSecret && option.type.kind === 'text'))
    return QUOTED
  return problem === undefined ? read : { problem }
}

/** The text in the file that a variable names. */
export function textIn(file: string): { value: string } | { problem: string } {
  if (isQuoted(file)) return QUOTED
  try {
    const stats = statSync(file)
    if (!stats.isFile()) return { problem: 'names something that is not a file' } // a pipe would block
    if (stats.size > MAX_FILE_BYTES) return { problem: 'names a file that is larger than 1 MiB' }
    const value = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
    return value.trim() === '' ? { problem: 'names a file that is empty' } : { value }
  } catch (error) {
    const { code = 'an error' } = error as NodeJS.ErrnoException
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return { problem: 'names a file that is not UTF-8: save it with that encoding' }
    return { problem: `names a file that cannot be read (${code})` }
  }
}
