import { textOf } from '../values/text.js'
import { cut, writeText } from '../writing/json-text.js'
import type { Kind } from './kind.js'

export const text: Kind = {
  empty: '""',
  form: 'text',
  write(value, encoding) {
    const written = typeof value === 'string' ? value : textOf(value, encoding)
    if (written === undefined) return false
    writeText(written, encoding)
    return true
  },
}

/** The text of an attribute, cut to `attributeValueLength`. */
export const attributeText: Kind = {
  empty: '""',
  write(value, encoding) {
    const written = textOf(value, encoding)
    if (written === undefined) return false
    const most = encoding.limits.attributeValueLength ?? Number.POSITIVE_INFINITY
    writeText(cut(written, most, encoding), encoding)
    return true
  },
}
