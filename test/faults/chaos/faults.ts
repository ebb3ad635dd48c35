import { kill } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../kit/patience.js'
import type { Fault } from '../../kit/proxy.js'
import { flaky, losesAnswers, stale, usualBehaviour } from './front.js'
import { LEASE_MS, MAX_SPOOLED, type Scene } from './scene.js'
import { rowsIn, tearARecord } from './torn.js'

/** Events that a run must have met to mean anything. */
export type Event =
  | 'retries of what may have been stored'
  | 'blocks deduplicated by the server'
  | 'records torn'
  | 'rows found by splitting'
  | 'requests replayed on a new connection'
  | 'rows adopted'

/** A fault. It is over when its promise resolves. */
export interface ChaosFault {
  readonly kind: string
  /** Events that every run needs: this fault is repeated first, until they have happened. */
  readonly stages?: readonly Event[]
  /** Destinations that take nothing while it lasts. */
  readonly outageOf: readonly string[]
  run(scene: Scene, met: (kind: string) => void): Promise<void>
}

// What lay in a socket when the line was cut has its turn between so many queries.
const QUIET_ANSWERS = 20

const lasts = (scene: Scene, low: number, high: number) => sleep(scene.random.between(low, high))

const FRONT: ChaosFault[] = [
  {
    kind: 'the front misbehaves now and then',
    outageOf: [],
    async run(scene, met) {
      scene.front.behaviour = flaky(scene.random, 0.5, (name) => met(`front: ${name}`))
      await lasts(scene, 300, 1500)
      scene.front.behaviour = usualBehaviour
    },
  },
  {
    kind: 'the front loses answers',
    stages: ['retries of what may have been stored', 'blocks deduplicated by the server'],
    outageOf: [],
    async run(scene) {
      scene.front.behaviour = losesAnswers()
      await lasts(scene, 300, 1000)
      scene.front.behaviour = usualBehaviour
    },
  },
  {
    kind: 'the front closes kept connections as they are used again',
    stages: ['requests replayed on a new connection'],
    outageOf: [],
    async run(scene) {
      scene.front.behaviour = stale((queryId) => scene.resets.add(queryId))
      await lasts(scene, 100, 500)
      scene.front.behaviour = usualBehaviour
    },
  },
  {
    kind: 'the front refuses connections',
    outageOf: ['rough'],
    async run(scene) {
      await scene.front.refuse()
      await lasts(scene, 200, 2000)
      await scene.front.listen()
    },
  },
  {
    kind: 'the front is silent',
    outageOf: ['rough'],
    async run(scene) {
      scene.front.behaviour = ({ gone }) => gone
      await lasts(scene, 500, 3000)
      scene.front.behaviour = usualBehaviour
    },
  },
]

const proxied = (fault: Fault, outage: boolean): ChaosFault => ({
  kind: `the line: ${typeof fault === 'string' ? fault : Object.keys(fault)[0]}`,
  outageOf: outage ? ['wire'] : [],
  async run(scene) {
    await scene.wire.become(fault)
    await lasts(scene, 300, outage ? 2500 : 1000)
    await scene.wire.become('none')
  },
})

// No request is cut: the server itself ends when that happens within a head.
const LINE: ChaosFault[] = [
  proxied('refuse', true),
  proxied('hang', true),
  proxied('black hole', true),
  proxied('trickle', true),
  proxied('lose first replies', false),
  proxied({ cutReplyAfter: 10 }, true),
  {
    kind: 'the line: slow and thin',
    outageOf: [],
    async run(scene) {
      scene.wire.shape('requests', { latencyMs: 100, bytesPerSecond: 64 * 1024 })
      scene.wire.shape('replies', { latencyMs: 100 })
      await lasts(scene, 500, 1500)
      await scene.wire.heal()
    },
  },
  ...(['requests', 'replies'] as const).map((direction) => ({
    kind: `the line: swallows ${direction}`,
    outageOf: ['wire'],
    async run(scene: Scene) {
      scene.wire.shape(direction, { blackHole: true })
      await lasts(scene, 500, 2500)
      await scene.wire.heal()
    },
  })),
]

/**
 * A new process has no waiting rows and so exports, however many rows earlier ones have left. On a slow machine these
 * rows became more and more, because processes were killed so fast.
 */
async function replenish(scene: Scene): Promise<void> {
  const isLittle = async () => (await rowsIn(scene.spool)) < MAX_SPOOLED
  await until(isLittle, 10_000).catch(() => {})
  await scene.children.replenish()
}

const PROCESSES: ChaosFault[] = [
  {
    kind: 'a process is killed',
    outageOf: [],
    async run(scene) {
      await scene.children.kill(scene.children.any())
      await replenish(scene)
    },
  },
  {
    kind: 'a process is killed, and a record of its is torn',
    stages: ['records torn', 'rows adopted'],
    outageOf: [],
    async run(scene, met) {
      const child = scene.children.any()
      await scene.children.kill(child)
      if (await tearARecord(scene, child)) met('a record is torn')
      await replenish(scene)
    },
  },
  {
    kind: 'a process stands still for longer than its lease',
    outageOf: [],
    async run(scene) {
      const child = scene.children.any()
      child.stop()
      await lasts(scene, LEASE_MS, 4 * LEASE_MS)
      child.resume()
    },
  },
  {
    kind: 'an event loop stands still',
    outageOf: [],
    async run(scene) {
      await scene.children.any().tell('stall', scene.random.between(100, 800))
    },
  },
]

/**
 * Lets nothing reach the server, and waits until it has finished its work: a server that ends during an INSERT may know
 * a token whose rows it has lost (see server-kill.test.ts), and no client can prevent that.
 */
async function cutOff(scene: Scene): Promise<() => Promise<void>> {
  scene.cutFrontOff(true)
  scene.wire.shape('requests', { blackHole: true })
  const { rough } = scene.servers
  const underWay = "SELECT count() FROM system.processes WHERE query_kind = 'Insert'"
  // An INSERT whose rows have come only in part ends when its client gives it up.
  let quiet = 0
  await until(async () => {
    quiet = (await rough.query(underWay)) === '0\n' ? quiet + 1 : 0
    return quiet === QUIET_ANSWERS
  })
  return async () => {
    scene.cutFrontOff(false)
    await scene.wire.heal()
  }
}

const SERVER: ChaosFault[] = [
  ...(['kill', 'stop'] as const).map((how) => ({
    kind: how === 'kill' ? 'the server is killed' : 'the server is stopped',
    outageOf: ['rough', 'wire'],
    async run(scene: Scene) {
      const heal = await cutOff(scene)
      await scene.servers.restart(how, () => lasts(scene, 0, 1500))
      await heal()
    },
  })),
  {
    kind: 'the server stands still',
    outageOf: ['rough', 'wire'],
    async run(scene) {
      const { pid } = scene.servers.rough
      kill(pid, 'SIGSTOP')
      await lasts(scene, 500, 2500)
      kill(pid, 'SIGCONT')
    },
  },
]

/** Faults of one list come one after the other, those of different lists side by side. */
export const SIDE_BY_SIDE: readonly (readonly ChaosFault[])[] = [
  FRONT,
  [...LINE, ...SERVER],
  PROCESSES,
]
