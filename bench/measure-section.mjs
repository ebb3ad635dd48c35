import { machineLoad } from './machine.mjs'
import { showProgress } from './progress.mjs'
import { interleaved } from './rounds.mjs'

/** Measures one section on one Node.js; `keys` leaves out all other rows. */
export async function measureSection(section, { servers, node, quick, rounds, keys }) {
  const size = quick ? section.sizes.quick : section.sizes.full
  const times = rounds ?? size.rounds
  const load = machineLoad()
  const date = new Date().toISOString().slice(0, 10)
  const { measured, refused } = section.run
    ? await section.run()
    : await interleaved(only(await section.jobs(size, servers), keys), times, node, (key, round) =>
        showProgress(`${section.name}, round ${round + 1} of ${times}: ${key}`),
      )
  showProgress('')
  return { date, load, rounds: section.run ? 1 : times, measured, refused }
}

function only(jobs, keys) {
  return keys ? Object.fromEntries(keys.map((key) => [key, jobs[key]])) : jobs
}
