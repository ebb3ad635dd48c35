import type { TcpSocketConnectOpts } from 'node:net'

const MAX_MS = 750

/**
 * How long a request waits for one address of a name before Node tries the next: 750 ms, a quarter of its deadline if that is shorter,
 * and never less than Node waits by itself. If a name has addresses of both families, Node gives up each attempt to connect but the
 * last one, by default after 250 ms (500 since Node 26). So a server that is further away was never reached if its last address leads
 * nowhere (nodejs/node#54359). A request that waits for a second counts as slow, and the next address must have time, too.
 */
export function connectLimit(
  deadlineMs: number,
): Pick<TcpSocketConnectOpts, 'autoSelectFamilyAttemptTimeout'> {
  // Not imported: then instrumentations for node:net would find it loaded in every application.
  const byDefault = process.getBuiltinModule('node:net').getDefaultAutoSelectFamilyAttemptTimeout()
  const ours = Math.min(MAX_MS, Math.floor(deadlineMs / 4))
  return { autoSelectFamilyAttemptTimeout: Math.max(byDefault, ours) }
}
