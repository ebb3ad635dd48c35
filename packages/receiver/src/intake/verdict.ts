import type { Course, DropReason, Parcel } from '#exporter'
import { ALL_TAKEN, type Taken } from '../answers/export-response.js'
import type { Route } from './routes.js'

/** What the client is told about a request: its rows are taken, or it should repeat the request. */
export type Verdict =
  | { readonly step: 'answer'; readonly taken: Taken }
  | { readonly step: 'repeat'; readonly why: string }

/** For rows that were dropped for these reasons, another attempt may succeed. */
const PASSING: ReadonlySet<DropReason> = new Set([
  'queue_full',
  'spool_full',
  'spool_corrupt',
  'retries_exhausted',
  'shutdown',
  'misconfigured',
])

const WORDS: Partial<Record<DropReason, string>> = {
  rejected: 'refused by the server',
  dead_lettered: 'refused by the server and kept as dead letters',
  too_large: 'too large',
  encode_error: 'impossible to encode',
  unconfirmed: 'not confirmed by the server',
  internal_error: "lost by a mistake of the receiver's",
}

/**
 * What can be said about the rows of a request by now; undefined if the client has to wait. It has to wait until the rows of each route are
 * safe at one of its destinations: on disk if there is a spool, else delivered. Other destinations are waited for as long as they work.
 */
export function verdictOn(
  parcel: Parcel,
  routes: readonly Route[],
  noun: string,
): Verdict | undefined {
  if (!parcel.isComplete) return undefined
  const verdicts = routes.map((names) =>
    verdictAt(
      names.flatMap((name) => parcel.courses.get(name) ?? []),
      noun,
    ),
  )
  if (verdicts.includes(undefined)) return undefined
  const repeat = verdicts.find((one) => one?.step === 'repeat')
  if (repeat) return repeat
  const taken = verdicts.flatMap((one) => (one?.step === 'answer' ? one.taken : []))
  return { step: 'answer', taken: worstOf(taken) }
}

/** `courses`: at the destinations of one route. */
function verdictAt(courses: readonly Course[], noun: string): Verdict | undefined {
  if (courses.length === 0) return { step: 'answer', taken: ALL_TAKEN }
  const ended = courses.filter(({ unsafe }) => unsafe === 0)
  const good = ended.filter((course) => !reasonsIn(course).some((one) => PASSING.has(one)))
  if (good.length === 0) {
    if (ended.length < courses.length) return undefined
    const [reason = 'queue_full'] = ended.flatMap(reasonsIn)
    return { step: 'repeat', why: `The rows could not be kept (${reason}).` }
  }
  if (courses.some(({ unsafe, isBehind }) => unsafe > 0 && !isBehind)) return undefined
  return { step: 'answer', taken: takenAtBest(good, noun) }
}

/** A record may be on several routes, so their rejected records cannot be added up: the client hears of the route with most of them. */
function worstOf(taken: readonly Taken[]): Taken {
  return taken.reduce((worst, one) => (one.rejected > worst.rejected ? one : worst), ALL_TAKEN)
}

/** A record counts as rejected if all destinations of the route have rejected it. */
function takenAtBest(courses: readonly Course[], noun: string): Taken {
  const [best] = courses
    .map((course) => ({ course, rejected: rejectedIn(course) }))
    .sort((a, b) => a.rejected - b.rejected)
  if (!best || best.rejected === 0) return ALL_TAKEN
  const words = reasonsIn(best.course).map(
    (reason) => `${best.course.dropped[reason]} ${WORDS[reason] ?? reason}`,
  )
  return { rejected: best.rejected, message: `Not stored of these ${noun}: ${words.join(', ')}.` }
}

function rejectedIn({ dropped }: Course): number {
  return Object.values(dropped).reduce((sum, rows) => sum + rows, 0)
}

function reasonsIn({ dropped }: Course): DropReason[] {
  return Object.keys(dropped) as DropReason[]
}
