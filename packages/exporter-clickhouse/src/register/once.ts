import { isMainThread, parentPort } from 'node:worker_threads'
import { keepRegister, keptRegister } from '../common/kept-register.js'
import { OWN_FILE } from './own-file.js'

/** True for the first caller of this thread. */
export function isFirst(): boolean {
  if (keptRegister() !== undefined) return false
  keepRegister(OWN_FILE)
  return true
}

/** Node also loads the files of `--require` in the thread that runs module hooks. No application runs there. */
export function isThreadOfHooks(): boolean {
  return !isMainThread && parentPort === null
}
