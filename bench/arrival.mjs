import { interleaved } from './rounds.mjs'
import { subjectJobs } from './sections/subject-jobs.mjs'

const SENDERS = ['spanhouse', 'spanhouse-br', 'otlp-protobuf', 'otlp-json', 'client']
const SPANS = 3000

/** Throws if what a subject sends does not hold every span: it would look cheaper than it is. */
export async function checkArrival(servers, node) {
  const endpoints = [await servers.countingSink()]
  const job = { measure: 'arrival', shape: 'reference', spans: SPANS, endpoints }
  const { measured } = await interleaved(subjectJobs(SENDERS, job), 1, node)
  for (const [subject, [{ rows }]] of Object.entries(measured))
    if (rows !== SPANS)
      throw new Error(`${subject}: ${rows} of ${SPANS} spans were in what it sent`)
}
