import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

// Long files start first; started last, they would run on alone. vitest knows durations only from an earlier run, and CI has none.
const LONG = [/test\/packed\//, /test\/demo\//, /chaos\.test/, /outage\.test/]

/** Long files first, the rest as vitest orders them. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => name.test(moduleId))
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
