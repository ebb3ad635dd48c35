import { quoteText } from './text.js'

/** How long rows are kept, beyond one time for all of them. Times are whole numbers of seconds; 60 years and more are for ever. */
export interface Retention {
  /** Names of services, and how long their rows are kept. Default: as all others. */
  readonly services?: Readonly<Record<string, number>> | undefined
  /**
   * SQL conditions over the columns of the table, and how long rows are kept that fulfil them. Of several conditions the first decides,
   * and a service that is named in `services` decides before all of them.
   */
  readonly where?: Readonly<Record<string, number>> | undefined
  /** Age at which rows move to other storage. Default: never. */
  readonly moveAfter?: number | undefined
  /** The volume of the storage policy that they move to. Needs `moveAfter`. */
  readonly moveToVolume?: string | undefined
  /** The disk that they move to, instead of a volume. Needs `moveAfter`. */
  readonly moveToDisk?: string | undefined
  /** The storage policy of the table. It must have the volume or disk. Default: that of the server. */
  readonly storagePolicy?: string | undefined
}

/** The options of a CREATE TABLE that are read here. */
interface Keeping {
  readonly ttl?: number | undefined
  readonly retention?: Retention | undefined
}

interface Shape {
  readonly columns: readonly { readonly name: string }[]
  readonly ttl?: string | undefined
}

/**
 * A DateTime ends in 2106: the sum of a time and a longer interval would wrap round to the past, and the server would delete the row at
 * once. So such an interval is not written.
 */
const FOR_EVER = 60 * 365 * 86_400
/** 2106-01-01, in seconds. */
const LAST = 4_291_747_200

const SERVICE_COLUMNS = ['service_name', 'ServiceName']

/** The column that `retention.services` is about; undefined if the table has none. */
export function serviceColumn(columns: Shape['columns']): string | undefined {
  return columns.find(({ name }) => SERVICE_COLUMNS.includes(name))?.name
}

/**
 * What stands after TTL; undefined for a table without one. Throws a RangeError for a time that is not a positive whole number, and a
 * TypeError for a `retention` that the table cannot have.
 */
export function ttlExpression(shape: Shape, options: Keeping): string | undefined {
  const rules = rulesOf(shape, options)
  const { ttl, retention = {} } = options
  if (ttl !== undefined) checkSeconds('ttl', ttl)
  const move = moveOf(retention)
  if (shape.ttl === undefined) return undefined
  const elements = [deletion(shape.ttl, rules, ttl), move && `${shape.ttl} + ${move}`]
  return elements.filter((one) => one !== undefined).join(', ') || undefined
}

/** What `retention` needs of the settings of a table. */
export function retentionSettings({
  ttl,
  retention = {},
}: Keeping): Readonly<Record<string, string | number>> {
  const rules = [
    ...Object.values(retention.services ?? {}),
    ...Object.values(retention.where ?? {}),
  ]
  return {
    // Rows of one part go at different times. With 1, all of them would stay until the last one may go.
    ...(rules.some((seconds) => seconds !== ttl) && { ttl_only_drop_parts: 0 }),
    ...(retention.storagePolicy !== undefined && { storage_policy: retention.storagePolicy }),
  }
}

/** The options for a companion, whose rows are about rows of any service: it keeps them as long as the table keeps any, where it is. */
export function longestKept<Options extends Keeping>({
  ttl,
  retention,
  ...others
}: Options): Omit<Options, keyof Keeping> & Pick<Keeping, 'ttl'> {
  const { services = {}, where = {} } = retention ?? {}
  const longest = Math.max(ttl ?? FOR_EVER, ...Object.values(services), ...Object.values(where))
  return { ...others, ttl: longest >= FOR_EVER ? undefined : longest }
}

interface Rule {
  readonly condition: string
  readonly seconds: number
}

function rulesOf({ columns }: Shape, { retention = {} }: Keeping): readonly Rule[] {
  const services = Object.entries(retention.services ?? {})
  const column = serviceColumn(columns)
  if (services.length > 0 && column === undefined)
    throw new TypeError(
      `retention.services needs a column ${SERVICE_COLUMNS.join(' or ')}: use retention.where`,
    )
  for (const [service, seconds] of services)
    checkSeconds(`retention.services of ${service}`, seconds)
  const conditions = Object.entries(retention.where ?? {})
  for (const [condition, seconds] of conditions) {
    if (condition.trim() === '') throw new TypeError('a condition of retention.where is empty')
    checkSeconds(`retention.where of ${condition}`, seconds)
  }
  return [
    ...services.map(([service, seconds]) => ({
      condition: `${column} = ${quoteText(service)}`,
      seconds,
    })),
    ...conditions.map(([condition, seconds]) => ({ condition, seconds })),
  ]
}

function deletion(time: string, rules: readonly Rule[], ttl = FOR_EVER): string | undefined {
  if (rules.every(({ seconds }) => seconds >= FOR_EVER) && ttl >= FOR_EVER) return undefined
  const interval = (seconds: number) =>
    seconds >= FOR_EVER ? `${LAST} - toUnixTimestamp(${time})` : String(seconds)
  const cases = rules.map(({ condition, seconds }) => `${condition}, ${interval(seconds)}`)
  const all = cases.length === 0 ? interval(ttl) : `multiIf(${cases.join(', ')}, ${interval(ttl)})`
  return `${time} + toIntervalSecond(${all})`
}

function moveOf({ moveAfter, moveToVolume, moveToDisk }: Retention): string | undefined {
  const to = [
    ...(moveToVolume === undefined ? [] : [`VOLUME ${quoteText(moveToVolume)}`]),
    ...(moveToDisk === undefined ? [] : [`DISK ${quoteText(moveToDisk)}`]),
  ]
  if (to.length === 0 && moveAfter === undefined) return undefined
  if (to.length !== 1 || moveAfter === undefined)
    throw new TypeError(
      'retention.moveAfter goes with one of retention.moveToVolume and retention.moveToDisk',
    )
  checkSeconds('retention.moveAfter', moveAfter)
  return `toIntervalSecond(${moveAfter}) TO ${to[0]}`
}

function checkSeconds(what: string, seconds: number): void {
  if (!Number.isSafeInteger(seconds) || seconds <= 0)
    throw new RangeError(`${what} must be a positive whole number of seconds, not ${seconds}`)
}
