import { test } from 'vitest'
import { sdk } from '#sdk'
import { LONG } from './patience.js'

/** For what meets nothing of the SDK that another test of its file does not meet: SDK 3 repeats it only in a long run. */
export const testWithOneSdk: ReturnType<typeof test.runIf> = test.runIf(LONG || sdk === 'sdk2')
