import type { SpanTable } from '../table/span-table.js'

// Whom a span of the kind client or producer calls, if the other side sends no spans. Old and new names of the conventions are known.
const ATTRIBUTES = {
  db_system: ['db.system.name', 'db.system'],
  db_namespace: ['db.namespace', 'db.name'],
  messaging_system: ['messaging.system'],
  peer_service: ['service.peer.name', 'peer.service'],
  address: ['server.address', 'net.peer.name'],
} as const

/** The columns that `PEER_NAME` and `PEER_KIND` are made of. */
export function peerColumns({ fields }: SpanTable): string[] {
  return Object.entries(ATTRIBUTES).map(([name, [first, second]]) => {
    const read = (key: string) => `${fields.attributes}['${key}']`
    return second === undefined
      ? `${read(first)} AS ${name}`
      : `if(${read(first)} != '', ${read(first)}, ${read(second)}) AS ${name}`
  })
}

/** The most telling first. Empty if the attributes say nothing. */
export const PEER_NAME =
  "multiIf(db_system != '', if(db_namespace = '', db_system, concat(db_system, '/', db_namespace)), messaging_system != '', messaging_system, peer_service != '', peer_service, address)"

export const PEER_KIND =
  "multiIf(db_system != '', 'database', messaging_system != '', 'messaging', 'external')"
