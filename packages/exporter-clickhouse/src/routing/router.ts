import type { Signal } from '../config/config.js'
import type { DispatchContext, RouteConfig, Row } from '../config/routing-options.js'
import { changeOf } from './change.js'
import { keeps } from './conditions.js'
import { type DispatchedRow, dispatcher } from './dispatch.js'
import { FAILED, guardedHook, type HookReport } from './guarded-hook.js'
import type { Held } from './hold.js'
import { originOf } from './origin.js'
import { type AnyRecord, roughBytesOf } from './reading.js'
import { newSampler } from './sampler.js'
import { shareHold } from './shared-holds.js'
import { type Change, viewOf } from './view.js'

interface RowToDispatch {
  readonly row: Row
  readonly table: string
  /** Counts what was altered in the row. Not called if the record is encoded once more, which counts it. */
  taken(): void
}

/** Where a router's records go. */
export interface RouterEnds<Input> {
  /** Adds the record to a batch. Never throws. */
  encode(record: Input): void
  /** The row of a record as an object, and the table that it would go to. Undefined if it cannot be encoded. */
  rowOf(record: Input): RowToDispatch | undefined
  /** Adds a row that `dispatch` made of the record. */
  addRow(row: DispatchedRow, record: Input): void
  /** Counts one record as left out. */
  leaveOut(): void
  /** Counts one record as lost because of a bug. */
  refuse(error: Error): void
  /** The parcel of the record that is being added, if it is of one. */
  parcel(): object | undefined
  /** Calls `add`, which passes on a record about which other records have decided. `parcel`: the one that has brought it. */
  addDecided(parcel: object | undefined, add: () => void): void
  /** What is kept of a record that waits. */
  keep(record: Input): Input
  /** Runs it at a time when no row is being written. */
  whenFree(run: () => void): void
  readonly report: HookReport
}

/** Decides which records a lane takes, and in what form. */
export interface Router<Input> {
  add(record: Input): void
  /** Decides about the records that wait for their trace, by what is known now. */
  decide(): void
  /** What comes from now on waits no longer. */
  close(): void
  readonly waitingRows: number
  readonly waitingBytes: number
}

/** `destination`: its name, or several names, of destinations that route alike. */
export function newRouter<Input>(
  config: RouteConfig<Input>,
  { destination, signal }: { destination: string; signal: Signal },
  ends: RouterEnds<Input>,
): Router<Input> {
  const { sample, dispatch } = config
  const { report } = ends
  const isWanted = wantedBy(config, { destination, signal }, report)
  const change: Change | undefined = changeOf(config, destination, report)
  const dispatched = dispatch && dispatcher(dispatch, destination, report)
  const owner = { decided }
  const share = sample && shareHold(sample, signal)
  const sampler = sample && share && newSampler(sample, signal, share.hold)
  let waitingRows = 0
  let waitingBytes = 0
  let isClosed = false
  /** While the sampler decides about one record, what it decides about others is collected: they come before it. */
  let collected: (() => void)[] | undefined

  function decided({ record, bytes, parcel }: Held, isKept: boolean): void {
    const end = () => {
      waitingRows--
      waitingBytes -= bytes
      ends.addDecided(parcel, () => finish(record as Input, isKept))
    }
    if (collected) collected.push(end)
    else ends.whenFree(end)
  }

  function finish(record: Input, isKept: boolean): void {
    if (!isKept) {
      ends.leaveOut()
      return
    }
    try {
      pass(record)
    } catch (error) {
      ends.refuse(error as Error) // never unchanged: it may hold what has to be redacted
    }
  }

  function pass(record: Input): void {
    const changed = change ? (viewOf(record as AnyRecord, signal, change) as Input) : record
    if (!dispatched) {
      ends.encode(changed)
      return
    }
    const usual = ends.rowOf(changed)
    const context: DispatchContext = { destination, signal, table: usual?.table ?? '' }
    const rows = usual && dispatched(usual.row, context)
    if (!rows) {
      ends.encode(changed)
      return
    }
    if (rows.length === 0) ends.leaveOut()
    else usual.taken()
    for (const one of rows) ends.addRow(one, changed)
  }

  function add(record: Input): void {
    if (!isWanted(record as AnyRecord)) {
      ends.leaveOut()
      return
    }
    if (!sampler || !share) {
      finish(record, true)
      return
    }
    const others: typeof collected = []
    collected = others
    const verdict = sampler(record as AnyRecord)
    if (typeof verdict === 'object') {
      const bytes = roughBytesOf(record as AnyRecord)
      waitingRows++
      waitingBytes += bytes
      const kept = ends.keep(record) as object
      share.hold.wait({ ...verdict, owner, parcel: ends.parcel(), record: kept, bytes })
      if (isClosed) decide()
    }
    collected = undefined
    for (const end of others) end()
    if (verdict === 'keep_with_trace') ends.addDecided(ends.parcel(), () => finish(record, true))
    else if (typeof verdict !== 'object') finish(record, verdict === 'keep')
  }

  function decide(): void {
    share?.hold.decideAll(owner)
  }

  return {
    add,
    decide,
    close() {
      isClosed = true
      decide()
      share?.leave()
    },
    get waitingRows() {
      return waitingRows
    },
    get waitingBytes() {
      return waitingBytes
    },
  }
}

/** Whether `skipIfOrigin` and `filter` want a record. A filter that fails wants it. */
function wantedBy<Input>(
  { filter, skipIfOrigin }: RouteConfig<Input>,
  context: { destination: string; signal: Signal },
  report: HookReport,
): (record: AnyRecord) => boolean {
  const skipped = new Set(skipIfOrigin)
  const isOther = (record: AnyRecord) => skipped.size === 0 || !skipped.has(originOf(record) ?? '')
  if (filter === undefined) return isOther
  if (typeof filter === 'object') {
    const isKept = keeps(filter, context.signal)
    return (record) => isOther(record) && isKept(record)
  }
  const name = `filter of ${context.destination}`
  const ask = guardedHook(name, filter, report, 'Its records are kept.')
  return (record) => {
    if (!isOther(record)) return false
    const answer = ask(record as Input, context)
    return answer === FAILED || Boolean(answer)
  }
}
