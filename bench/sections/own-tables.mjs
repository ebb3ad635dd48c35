// What a row of a table of one's own costs.
import { jobsFor } from '../subjects/subjects.mjs'
import { costFigures, costJob } from './cost.mjs'

const COMPARED = ['spanhouse', 'spanhouse-promoted', 'spanhouse-defined', 'stringify']

export const ownTables = {
  name: 'tables',
  title: "Rows of tables of one's own",
  about:
    'The spans of the first table, sent to other tables: the preset with four promoted attributes, and a table of 19 typed columns from `defineTable`. × is the ratio to the preset `flat`.',
  sizes: {
    full: { rounds: 7, spans: 100_000, warmUp: 100_000, compared: COMPARED },
    quick: { rounds: 3, spans: 20_000, compared: COMPARED.slice(0, 3) },
  },
  baseline: () => 'spanhouse',
  figures: costFigures.map((figure) => ({ ...figure, chart: false })),
  titleOf: (key) => (key === 'spanhouse' ? 'spanhouse, the preset `flat`' : undefined),
  async jobs({ spans, warmUp, compared }, servers) {
    const [sink] = await servers.sinks()
    return jobsFor(compared, costJob(sink, { shape: 'reference', spans, warmUp }))
  },
}
