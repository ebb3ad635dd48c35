import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'

export function describeMachine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    load: machineLoad(),
  }
}

/** What else the machine had to do lately: processes that ran or wanted to, on average of a minute. */
export function machineLoad() {
  return Number(loadavg()[0].toFixed(2))
}
