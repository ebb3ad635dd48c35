import type { SpanTable } from '../table/span-table.js'

// Whom a span of the kind client or producer calls, if the other side sends no spans. Old and new names of the conventions are known.

const firstOf = (map: string, keys: readonly string[]) => {
  const values = keys.map((key) => `nullIf(${map}['${key}'], '')`)
  return `coalesce(${values.join(', ')}, '')`
}

/** Each peer's `kind` and `name`, the most telling first. */
export function peerOf({ fields }: SpanTable): { readonly kind: string; readonly name: string } {
  const system = firstOf(fields.attributes, ['db.system.name', 'db.system'])
  const database = firstOf(fields.attributes, ['db.namespace', 'db.name'])
  const messaging = firstOf(fields.attributes, ['messaging.system'])
  const service = firstOf(fields.attributes, ['peer.service', 'service.peer.name'])
  const address = firstOf(fields.attributes, ['server.address', 'net.peer.name'])
  return {
    kind: `multiIf(${system} != '', 'database', ${messaging} != '', 'messaging', 'external')`,
    name: `multiIf(
      ${system} != '', if(${database} = '', ${system}, concat(${system}, '/', ${database})),
      ${messaging} != '', ${messaging},
      ${service} != '', ${service},
      ${address})`,
  }
}
