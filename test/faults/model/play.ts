import fc from 'fast-check'
import { expect } from 'vitest'
import { newRun } from '../exports.js'
import type { ModelCommand } from './commands.js'
import { Ledger } from './ledger.js'
import type { Plan } from './plan.js'
import { quiet, reckon } from './reckoning.js'
import { World } from './world.js'

/** Does all that to a new world, makes everything well again, and draws the balance. */
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
