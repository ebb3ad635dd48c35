import type { Kind } from './kind.js'

const FORM = /^([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})$/i

/** 32 hex digits with or without hyphens, so a trace id too. Anything else is unreadable. */
export const uuid: Kind = {
  empty: '"00000000-0000-0000-0000-000000000000"',
  write(value, { out }) {
    const groups = typeof value === 'string' ? FORM.exec(value) : null
    if (!groups) return false
    out.text(`"${groups.slice(1).join('-').toLowerCase()}"`)
    return true
  },
}
