import type { Kind } from './kind.js'

const LONGEST = 64
const OCTET = '(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const OCTETS = new RegExp(`^${OCTET}\\.${OCTET}\\.${OCTET}\\.${OCTET}$`)
const MAPPED = 0xffff // ::ffff:1.2.3.4, as Node shows an IPv4 address on a socket that takes both

/** Dotted digits, or the IPv6 address that stands for them. Anything else is unreadable. */
export const ipv4: Kind = {
  empty: '"0.0.0.0"',
  write(value, { out }) {
    const groups = groupsOf(value)
    if (!groups || groups.slice(0, 5).some((group) => group !== 0) || groups[5] !== MAPPED)
      return false
    const [high = 0, low = 0] = groups.slice(6)
    out.text(`"${high >> 8}.${high & 255}.${low >> 8}.${low & 255}"`)
    return true
  },
}

/** An IPv6 address, whose zone is left out, or an IPv4 address, which is mapped. Anything else is unreadable. */
export const ipv6: Kind = {
  empty: '"::"',
  write(value, { out }) {
    const groups = groupsOf(value)
    if (!groups) return false
    const isZero = groups.every((group) => group === 0)
    out.text(isZero ? ipv6.empty : `"${groups.map((group) => group.toString(16)).join(':')}"`)
    return true
  },
}

/** The eight groups of an address of either kind. */
function groupsOf(value: unknown): number[] | undefined {
  if (typeof value !== 'string' || value.length > LONGEST) return undefined
  const mapped = lastGroups(value)
  if (mapped) return [0, 0, 0, 0, 0, MAPPED, ...mapped]
  const [address = ''] = value.split('%', 1)
  const [left = '', right, ...more] = address.split('::')
  const head = groupsIn(left)
  const tail = right === undefined ? [] : groupsIn(right)
  if (!head || !tail || more.length > 0) return undefined
  const missing = 8 - head.length - tail.length
  if (right === undefined ? missing !== 0 : missing < 1) return undefined
  return [...head, ...Array<number>(missing).fill(0), ...tail]
}

/** The last part may be an IPv4 address, which stands for two groups. */
function groupsIn(text: string): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const last = lastGroups(parts.at(-1) ?? '')
  if (last) parts.pop()
  if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined
  return [...parts.map((part) => Number.parseInt(part, 16)), ...(last ?? [])]
}

function lastGroups(text: string): [number, number] | undefined {
  const [, a, b, c, d] = OCTETS.exec(text) ?? []
  if (d === undefined) return undefined
  return [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)]
}
