import { afterAll } from 'vitest'
import { removeInstalledCommand } from './installed.js'

// Unlike what else a test file imports, vitest runs this for each file of a process (`setupFiles`).
afterAll(removeInstalledCommand)
