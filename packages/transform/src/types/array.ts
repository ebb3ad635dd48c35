import { elementsOf } from '../values/list.js'
import { setValues } from '../values/native.js'
import { isList } from '../values/plain-value.js'
import { type Kind, writeAs } from './kind.js'

const COMMA = 0x2c
const OPEN = 0x5b
const CLOSE = 0x5d

export function array(element: Kind): Kind {
  return {
    empty: '[]',
    write(value, encoding) {
      const list = value instanceof Set ? setValues(value) : value
      if (!isList(list)) return false
      const { out } = encoding
      out.byte(OPEN)
      for (const [index, item] of elementsOf(list, encoding).entries()) {
        if (index > 0) out.byte(COMMA)
        writeAs(element, item, encoding)
      }
      out.byte(CLOSE)
      return true
    },
  }
}
