/** The names of OpenTelemetry's numbers, as in its specification. */
export const SPAN_KINDS: ReadonlyMap<unknown, string> = new Map<unknown, string>(
  ['INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'].entries(),
)
export const STATUS_CODES: ReadonlyMap<unknown, string> = new Map<unknown, string>(
  ['UNSET', 'OK', 'ERROR'].entries(),
)
