import { costJob } from './cost.mjs'

const ILLNESSES = ['refusing', 'hanging', 'trickling', 'answering 500', 'refusing the password']

const comparisons = [
  { of: 'two', to: 'one', figure: 'cpuUs', title: 'CPU with a second destination' },
  { of: 'three', to: 'two', figure: 'cpuUs', title: 'CPU with a third' },
  { of: 'metrics', to: 'one', figure: 'cpuUs', title: 'CPU with metrics' },
  ...ILLNESSES.map((illness) => ({
    of: illness,
    to: 'one',
    figure: 'spansPerSecond',
    title: `spans a second beside one ${illness}`,
  })),
]

export const destinations = {
  name: 'destinations',
  title: 'More destinations',
  about: 'What spanhouse costs with each, as a ratio to what it costs without.',
  sizes: {
    full: { rounds: 7, spans: 40_000, illnesses: ILLNESSES },
    quick: { rounds: 3, spans: 20_000, illnesses: [] },
  },
  figures: [{ name: 'ratio', title: 'ratio', digits: 3 }],
  rowsOf: (measured) =>
    comparisons
      .filter(({ of, to }) => measured[of] && measured[to])
      .map(({ of, to, figure, title }) => ({
        key: of,
        title,
        values: {
          ratio: measured[of].map((one, round) => one[figure] / measured[to][round][figure]),
        },
      })),
  async jobs({ spans, illnesses }, servers) {
    const [a, b, c] = await servers.sinks()
    const sick = await servers.sick()
    const job = await costJob(servers, { subject: 'spanhouse', shape: 'reference', spans })
    return {
      one: job,
      two: { ...job, endpoints: [a, b] },
      three: { ...job, endpoints: [a, b, c] },
      metrics: { ...job, metrics: true },
      ...Object.fromEntries(
        illnesses.map((illness) => [illness, { ...job, endpoints: [a, sick[illness]] }]),
      ),
    }
  },
}
