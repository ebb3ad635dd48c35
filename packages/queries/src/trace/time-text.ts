/** Microseconds since 1970 as `2026-11-28 17:51:11.123`, in the time zone of the machine or in UTC (then with a `Z`). */
export function timeText(us: number, zone: 'local' | 'utc' = 'local'): string {
  const time = dateOf(us)
  if (!time) return '–'
  if (zone === 'utc') return time.toISOString().replace('T', ' ')
  const date = [
    String(time.getFullYear()).padStart(4, '0'),
    two(time.getMonth() + 1),
    two(time.getDate()),
  ]
  return `${date.join('-')} ${clockText(us)}`
}

/** Only the time of day, in the time zone of the machine: `17:51:11.123`. */
export function clockText(us: number): string {
  const time = dateOf(us)
  if (!time) return '–'
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')
  return `${clock}.${String(time.getMilliseconds()).padStart(3, '0')}`
}

function dateOf(us: number): Date | undefined {
  const time = new Date(Math.floor(us / 1000))
  return Number.isNaN(time.getTime()) ? undefined : time
}

const two = (part: number) => String(part).padStart(2, '0')
