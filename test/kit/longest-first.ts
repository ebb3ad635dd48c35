import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

// What takes long begins first: begun last, it would go on alone. vitest knows durations from the run before only, and CI has none.
const LONG = [/test\/packed\//, /test\/demo\//, /chaos\.test/, /outage\.test/]

/** Files that take long, and then as vitest orders them. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => name.test(moduleId))
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
