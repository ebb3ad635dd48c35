import { shapes } from '../spans/feed.mjs'
import { subjects } from '../subjects/subjects.mjs'
import { costFigures, costJob } from './cost.mjs'

const SHAPES = ['small', 'reference', 'large']
const SUBJECTS = ['spanhouse', 'otlp-protobuf', 'otlp-json', 'client']

export const sweep = {
  name: 'sweep',
  title: 'Few attributes and many',
  about: 'The spans of the first table with 3, 11 and 40 attributes.',
  sizes: {
    full: { rounds: 5, spans: 25_000, shapes: SHAPES, compared: SUBJECTS },
    // Those of the middle are in the first table too.
    quick: { rounds: 3, spans: 10_000, shapes: ['small', 'large'], compared: SUBJECTS.slice(0, 2) },
  },
  baseline: (key) => `${key.split('/')[0]}/otlp-protobuf`,
  figures: costFigures.filter(({ name }) => name !== 'wireBytes'),
  titleOf(key) {
    const [shape, subject] = key.split('/')
    return `${shapes[shape].title}: ${subjects[subject].title}`
  },
  async jobs({ spans, shapes, compared }, servers) {
    const job = await costJob(servers, { spans })
    const pairs = shapes.flatMap((shape) => compared.map((subject) => ({ shape, subject })))
    return Object.fromEntries(
      pairs.map(({ shape, subject }) => [`${shape}/${subject}`, { ...job, shape, subject }]),
    )
  },
}
