import type { Agent } from 'node:http'
import type { Random } from '../../faults/seed.js'
import type { Calls } from '../post.js'

/** How an attack reaches the receiver. */
export interface Target {
  readonly random: Random
  readonly httpPort: number
  readonly grpcPort: number
  readonly agent: Agent
  readonly calls: Calls
  /** Of one body. */
  readonly maxBodyBytes: number
}

/** One kind of request that no good client sends. */
export interface Kind {
  /** How often it is sent in a run of 10,000; a long run has ten times as many, and `npm test` fewer. */
  readonly times: number
  /** Sends the one with this number and resolves with its outcome: a status, `closed`, or several of them. */
  send(target: Target, nth: number): Promise<string>
  /** The outcomes that are right. */
  readonly right: RegExp
}

export type Kinds = Readonly<Record<string, Kind>>
