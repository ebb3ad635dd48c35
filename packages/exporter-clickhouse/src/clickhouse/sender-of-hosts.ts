import { ClickHouseError } from '../common/errors.js'
import { TOKEN } from '../config/insert-settings.js'
import { type Doubt, hostToStayWith, inDoubt, mayBeElsewhere } from './doubt.js'
import type { Host } from './host.js'
import type { Hosts } from './hosts.js'
import { type Insert, tableNameOf, tableOf } from './insert.js'
import { Lacking } from './lacking.js'
import type { Outcome, Retry } from './outcome.js'
import { openSender, type Sender } from './sender.js'
import type { TableNews } from './tables.js'
import { tokenMemoryOf } from './token-memory.js'

/**
 * The attempts of one destination at several hosts. An attempt that a host has certainly not written goes on to the next one. If that is not
 * certain, it goes on only to hosts that share the tokens of the first; otherwise the batch waits for that host, for `STAY_MS`.
 */
export function openSenderOfHosts(hosts: Hosts, tell: (news: TableNews) => void): Sender {
  const senders = new Map<Host, Sender>()
  const lacking = new Lacking()
  let requestsOfFormer = 0
  let isClosed = false

  function senderTo(host: Host): Sender {
    const sender = senders.get(host) ?? openSender(host.config, tell, host.link)
    senders.set(host, sender)
    return sender
  }

  function forgetFormer(): void {
    for (const [host, { requests }] of senders) {
      if (!host.isClosed) continue
      requestsOfFormer += requests
      senders.delete(host)
      lacking.forget(host)
    }
  }

  /** Finds out how the table at a host remembers tokens, unless that is known. */
  async function learnMemory(host: Host, table: string): Promise<void> {
    if (host.memories.has(table)) return
    const asked = tokenMemoryOf(tableNameOf(table), senderTo(host).run)
    // An answer that cannot be read counts as no answer.
    const memory = await asked.catch(() => 'unknown')
    if (memory !== 'unknown') host.memories.set(table, memory)
  }

  /**
   * Later, when this host cannot be asked, its memory must be known. If the rows may be elsewhere already, those of the other hosts must be
   * known too.
   */
  async function learnToCompare(host: Host, doubt: Doubt | undefined, table: string) {
    const others = doubt ? hosts.all.filter((one) => one !== host && one.isUp) : []
    await Promise.all([host, ...others].map((one) => learnMemory(one, table)))
  }

  function share(table: string, host: Host, other: Host): boolean {
    const memory = host.memories.get(table)
    return host === other || (memory !== undefined && memory === other.memories.get(table))
  }

  /** As `share`. If no host is given, it may be any of them. */
  const sharing =
    (table: string) =>
    (host: object | undefined, other: object): boolean => {
      const candidates = host === undefined ? hosts.all : [host as Host]
      return candidates.every((one) => share(table, one, other as Host))
    }

  /** If some hosts take rows, no others are tried. */
  async function nextHost(
    table: string,
    order: readonly Host[],
    tried: ReadonlySet<Host>,
    stayWith: Host | undefined,
  ): Promise<Host | undefined> {
    if (stayWith && !tried.has(stayWith) && stayWith.isUp) return stayWith
    for (const host of order) {
      if (tried.has(host) || (hosts.someAreUp && !host.isUp)) continue
      if (!stayWith) return host
      // Only a host whose tokens are known to be shared can be asked in place of the other.
      if (stayWith.memories.get(table) !== undefined) await learnMemory(host, table)
      if (share(table, stayWith, host)) return host
    }
    return stayWith && !tried.has(stayWith) ? stayWith : undefined
  }

  return {
    leftOut: hosts.leftOut,
    get requests() {
      let requests = requestsOfFormer
      for (const sender of senders.values()) requests += sender.requests
      return requests
    },
    async run(statement, repeatable = true) {
      await hosts.ready()
      for (const host of hosts.all.toSorted((a, b) => Number(b.isUp) - Number(a.isUp))) {
        const answer = await senderTo(host).run(statement, repeatable)
        const { outcome } = answer
        if (!isOfHost(outcome) || isClosed) return answer
        hosts.failed(host, outcome)
        if (outcome.why === 'ambiguous' && !repeatable) return answer
        if (!hosts.someAreUp) return answer
      }
      return { outcome: NO_HOST, text: '' }
    },
    async attempt(batch, insert, target, how) {
      await hosts.ready()
      forgetFormer()
      const table = tableOf(insert)
      const isHeld = how.repeatable && !how.isLast && hasToken(insert, hosts)
      const order = lacking.sorted(table, hosts.inOrder())
      const without = new Map<Host, Lack>()
      const tried = new Set<Host>()
      let { doubt } = how
      let isReplayed = false
      let isPartly = false
      let last: Retry = NO_HOST
      const unclear = () => ({
        ...(isReplayed && { replayed: true }),
        ...(isPartly && { partly: true }),
        ...(doubt && { doubt }),
      })
      const ended = (ofHost: boolean): Retry => ({
        ...last,
        ...(isReplayed && { why: 'ambiguous' as const }),
        ...unclear(),
        ofHost,
      })
      for (;;) {
        const stayWith = isHeld ? (hostToStayWith(doubt) as Host | undefined) : undefined
        const host = await nextHost(table, order, tried, stayWith)
        if (!host || isClosed) {
          const [lack] = without.values()
          if (lack && last === NO_HOST) return lack
          // Somebody can do something about the table at once.
          if (lack) return { ...ended(false), error: lack.error, fix: lack.fix } as Retry
          return ended(hosts.someAreUp)
        }
        tried.add(host)
        const pingFirst = how.pingFirst || host.isHung
        const outcome = await senderTo(host).attempt(batch, insert, target, { ...how, pingFirst })
        if (outcome.status === 'delivered') {
          hosts.took(host)
          for (const [one, lack] of without) hosts.lacks(one, table, lack)
          if (lacking.took(table, host)) hosts.hasNow(host, table)
          await learnToCompare(host, doubt, table)
          const elsewhere = mayBeElsewhere(doubt, host, sharing(table))
          return { ...outcome, ...unclear(), ...(elsewhere && { elsewhere }) }
        }
        isPartly ||= outcome.partly === true
        if (mayBeWritten(outcome)) {
          doubt = inDoubt(doubt, host, sharing(table))
          isReplayed = true
        }
        if (isLack(outcome) && !isClosed) {
          lacking.add(table, host)
          without.set(host, outcome)
          continue
        }
        if (outcome.status !== 'retry' || isClosed) return { ...outcome, ...unclear() }
        last = outcome
        if (!isOfHost(outcome)) return ended(false)
        hosts.failed(host, outcome)
      }
    },
    close() {
      isClosed = true
      for (const sender of senders.values()) sender.close()
    },
  }
}

const NO_HOST: Retry = {
  status: 'retry',
  why: 'transient',
  error: new Error('no host takes rows'),
  ofServer: true,
}

/** Whether the host may have the rows, or some of them, although it has not said that it took them. */
function mayBeWritten(outcome: Outcome): boolean {
  if (outcome.partly || outcome.replayed) return true
  return outcome.status === 'retry' && outcome.why === 'ambiguous' && !outcome.lacksTable
}

type Lack = Extract<Outcome, { status: 'retry' | 'missing_table' }>

/** Whether it is only the table that this host lacks: another host may have it. */
function isLack(outcome: Outcome): outcome is Lack {
  if (outcome.status !== 'retry') return outcome.status === 'missing_table'
  const { error, lacksTable, ofServer } = outcome
  return lacksTable === true && !ofServer && error instanceof ClickHouseError
}

/** Whether another host may do better: this one cannot be reached, or cannot take rows now. */
function isOfHost(outcome: Outcome): outcome is Retry {
  // What excludes an INSERT at one replica does so at all of them.
  if (outcome.status !== 'retry' || outcome.ofBatch || outcome.excluded) return false
  const { why, ofServer, ofReplica, timedOut } = outcome
  if (ofServer || ofReplica || timedOut) return true
  return why === 'transient' || why === 'overloaded'
}

function hasToken({ settings }: Insert, { leftOut }: Hosts): boolean {
  return settings[TOKEN] !== undefined && !leftOut.names.has(TOKEN)
}
