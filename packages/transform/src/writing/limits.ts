/** Bounds on what a span's own attributes, events and links may bring into a row. Absent: no bound. Resource and scope are exempt, as in the OpenTelemetry specification. */
export interface Limits {
  /** Longest text of one attribute value, in UTF-16 code units; a longer one is cut and ends in `…`. */
  readonly attributeValueLength?: number | undefined
  /** Most attributes of a span, of an event, of a link; the first ones stay. */
  readonly attributeCount?: number | undefined
  /** Most events of a span; the first ones stay. */
  readonly eventCount?: number | undefined
  /** Most links of a span; the first ones stay. */
  readonly linkCount?: number | undefined
}
