import { distance } from '../common/distance.js'
import { type Fields, fieldsOf, type Group } from './option.js'
import { lookUp } from './option-lookup.js'
import { NAMED_DESTINATION, OPTIONS } from './option-table.js'

// Names that other exporters and clients use, in lower case and without _ and -, and the option that they mean.
const ELSEWHERE: Readonly<Record<string, string>> = {
  url: 'endpoint',
  uri: 'endpoint',
  host: 'endpoint',
  hostname: 'endpoint',
  address: 'endpoint',
  server: 'endpoint',
  port: 'endpoint',
  user: 'username',
  login: 'username',
  pass: 'password',
  pwd: 'password',
  db: 'database',
  dir: 'directory',
  path: 'directory',
  folder: 'directory',
  tablename: 'table',
  timeout: 'timeoutMs',
  timeoutmillis: 'timeoutMs',
  requesttimeout: 'timeoutMs',
  exporttimeoutmillis: 'timeoutMs',
  batchsize: 'batch.maxRows',
  maxbatchsize: 'batch.maxRows',
  maxexportbatchsize: 'batch.maxRows',
  flushinterval: 'batch.maxDelayMs',
  scheduleddelaymillis: 'batch.maxDelayMs',
  maxqueuesize: 'queue.maxBytes',
  retries: 'retry.maxRetries',
  clickhousesettings: 'settings',
  httpheaders: 'headers',
  ssl: 'tls',
  httpagent: 'agent',
  httpsagent: 'agent',
  spans: 'traces',
  temporalitypreference: 'metrics.temporality',
}

const MAX_DISTANCE = 2

/** Which option was probably meant, as the end of a sentence; empty if that is unclear. `at`: the path of the object that holds it. */
export function didYouMean(name: string, at: readonly string[]): string {
  if (name.length > 60) return ''
  const here = fieldsOf(lookUp(at).type)
  const written = plain(name)
  const isMeant = (known: string) => plain(known) === written
  const near = nearest(name, Object.keys(here))
  const elsewhere = Object.hasOwn(ELSEWHERE, written) ? ELSEWHERE[written] : undefined
  const isAmong = ({ fields }: Group) => Object.keys(fields).some(isMeant)
  const isGlobal = isAmong(OPTIONS)
  if (near !== undefined && isMeant(near)) return `: did you mean \`${near}\`?`
  // A group of a destination may lack a field that the same group outside the list has.
  const isOutside = Object.keys(fieldsOf(lookUp(at.slice(2)).type)).some(isMeant)
  if (at[0] === 'destinations' && (isOutside || (isGlobal && !isAmong(NAMED_DESTINATION))))
    return ': it applies to all destinations, so set it outside `destinations`'
  if (elsewhere !== undefined && Object.hasOwn(here, elsewhere.split('.')[0] ?? ''))
    return `: did you mean \`${elsewhere}\`?`
  const isDestination = at.length === 2 && at[0] === 'destinations'
  const inGroup = pathInGroup(isDestination ? OPTIONS.fields : here, isMeant)
  if (inGroup !== undefined) return `: did you mean \`${inGroup}\`?`
  if (near !== undefined) return `: did you mean \`${near}\`?`
  const holder = at.findLast((part) => !/^\d+$/.test(part)) // not the place in a list
  if (holder !== undefined && isGlobal) return `: set it outside \`${holder}\``
  return ''
}

/** The known name that was probably meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > 60) return undefined
  const written = plain(name)
  return known
    .map((one) => ({ one, distance: distance(plain(one), written) }))
    .filter(({ one, distance }) => distance <= Math.min(MAX_DISTANCE, (one.length - 1) / 2))
    .sort((a, b) => a.distance - b.distance)[0]?.one
}

function pathInGroup(fields: Fields, isMeant: (known: string) => boolean): string | undefined {
  const paths = Object.entries(fields).flatMap(([name, { type }]) => {
    const known = Object.keys(fieldsOf(type)).find(isMeant)
    return known === undefined ? [] : [`${name}.${known}`]
  })
  return paths[0]
}

/** A name without regard to how its words are joined: `maxRows`, `max_rows` and `MAX-ROWS` are the same. */
export function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}
