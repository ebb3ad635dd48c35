/** As many colours as `styles/1-theme.css` has classes `service-0`, `service-1`, … */
export const SERVICE_COLOURS = 12

const taken = new Map<string, number>()

/**
 * The number of a service's colour. It depends on the name, so a service has the same colour in every view; if another service has that
 * colour already, the next free one is taken.
 */
export function serviceColour(service: string): number {
  const known = taken.get(service)
  if (known !== undefined) return known
  const used = new Set(taken.values())
  let colour = hash(service) % SERVICE_COLOURS
  if (used.size < SERVICE_COLOURS) while (used.has(colour)) colour = (colour + 1) % SERVICE_COLOURS
  taken.set(service, colour)
  return colour
}

/** The class that sets `--service` to the colour of a service. */
export function serviceClass(service: string): string {
  return `service-${serviceColour(service)}`
}

function hash(text: string): number {
  let value = 2166136261
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619)
  return value >>> 0
}
