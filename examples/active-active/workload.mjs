/** What START_EAST, START_WEST, DURATION and RATE ask for. */
export function workloadOf(env) {
  const { START_EAST = '0', START_WEST = '0', DURATION = '60s', RATE = '100' } = env
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)(s|m|h)?$/.exec(DURATION) ?? []
  const seconds = Number(amount) * { s: 1, m: 60, h: 3600 }[unit]
  if (!(seconds >= 4)) throw new Error('DURATION must be 4s or more, such as 60s or 5m.')
  return {
    startEast: whole('START_EAST', START_EAST),
    startWest: whole('START_WEST', START_WEST),
    rate: whole('RATE', RATE),
    seconds,
  }
}

function whole(name, text) {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`${name} must be a whole number.`)
  return Number(text)
}
