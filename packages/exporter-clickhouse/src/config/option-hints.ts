import { distance } from '../common/distance.js'
import { type Fields, fieldsOf } from './option.js'
import { lookUp } from './option-lookup.js'
import { OPTIONS } from './option-table.js'

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
}

const MAX_DISTANCE = 2

/** Which option was probably meant, as the end of a sentence; empty if that is unclear. `at`: the path of the object that holds it. */
export function didYouMean(name: string, at: readonly string[]): string {
  if (name.length > 60) return ''
  const here = fieldsOf(lookUp(at).type)
  const written = plain(name)
  const isMeant = (known: string) => plain(known) === written
  const nearest = Object.keys(here)
    .map((known) => ({ known, distance: distance(plain(known), written) }))
    .filter(({ known, distance }) => distance <= Math.min(MAX_DISTANCE, (known.length - 1) / 2))
    .sort((a, b) => a.distance - b.distance)[0]
  const elsewhere = Object.hasOwn(ELSEWHERE, written) ? ELSEWHERE[written] : undefined
  const isGlobal = Object.keys(OPTIONS.fields).some(isMeant)
  if (nearest?.distance === 0) return `: did you mean \`${nearest.known}\`?`
  if (at[0] === 'destinations' && isGlobal)
    return ': it applies to all destinations, so set it outside `destinations`'
  if (elsewhere !== undefined && Object.hasOwn(here, elsewhere.split('.')[0] ?? ''))
    return `: did you mean \`${elsewhere}\`?`
  const isDestination = at.length === 2 && at[0] === 'destinations'
  const inGroup = pathInGroup(isDestination ? OPTIONS.fields : here, isMeant)
  if (inGroup !== undefined) return `: did you mean \`${inGroup}\`?`
  if (nearest) return `: did you mean \`${nearest.known}\`?`
  if (at.length > 0 && isGlobal) return `: set it outside \`${at.at(-1)}\``
  return ''
}

function pathInGroup(fields: Fields, isMeant: (known: string) => boolean): string | undefined {
  const paths = Object.entries(fields).flatMap(([name, { type }]) => {
    const known = Object.keys(fieldsOf(type)).find(isMeant)
    return known === undefined ? [] : [`${name}.${known}`]
  })
  return paths[0]
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}
