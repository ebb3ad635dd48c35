/** Bounds on what a record's own attributes, and a span's events and links, may bring into a row. Absent: no bound. Resource, scope and the body of a log record are exempt, as in the OpenTelemetry specification. */
export interface Limits {
  /** Longest text of one attribute value, in UTF-16 code units; a longer one is cut and ends in `…`. */
  readonly attributeValueLength?: number | undefined
  /** Most attributes of a span, an event, a link, a log record or a data point; the first ones stay. */
  readonly attributeCount?: number | undefined
  /** Most events of a span; the first ones stay. */
  readonly eventCount?: number | undefined
  /** Most links of a span; the first ones stay. */
  readonly linkCount?: number | undefined
}
