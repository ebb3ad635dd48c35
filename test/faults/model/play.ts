import fc from 'fast-check'
import { expect } from 'vitest'
import { newRun } from '../exports.js'
import type { ModelCommand } from './commands.js'
import { Ledger } from './ledger.js'
import type { Plan } from './plan.js'
import { quiet, reckon } from './reckoning.js'
import { World } from './world.js'

/** Runs all commands on a new world, then ends all faults and checks the result. */
export async function play(plan: Plan, commands: Iterable<ModelCommand>): Promise<void> {
  const run = newRun()
  const world = new World(plan, run)
  const ledger = new Ledger(plan, run)
  world.start()
  await world.settle()
  await fc.asyncModelRun(() => ({ model: ledger, real: world }), commands)
  await quiet(world)
  expect(await reckon(world, ledger)).toEqual([])
}
